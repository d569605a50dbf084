// CURVE on the client's side: its keys, and the agent's public one that tells the agent from anybody else.
#pragma once

#include <string>
#include <zmq.hpp>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

namespace shmbus {

struct CurveClient {
  std::string server_key;  // the agent's public key, in Z85
  CurvePair own;
};

// A new pair. Errors: kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<CurvePair> make_curve_pair();

// The pair in a file that keygen wrote, which must be this user's or root's and open to nobody else. Errors:
// kBadRequest with the path and what is wrong with it, kUnsupported.
[[nodiscard]] Result<CurvePair> read_curve_pair(const std::string& path);

// The agent's public key: `file_or_key` itself if it is one, else what that file holds, which others must not be able
// to change. Errors: kBadRequest with the path and what is wrong with it.
[[nodiscard]] Result<std::string> read_curve_server(const std::string& file_or_key);

// Has `socket` use the keys for what it connects to from now on. Errors: kBadRequest for what are no keys,
// kUnsupported.
[[nodiscard]] Result<void> use_curve(zmq::socket_t& socket, const CurveClient& curve);

}  // namespace shmbus
