// The keys of a client for CURVE (ZeroMQ RFC 26): its own pair, which identifies it to the agent, and the agent's
// public key, which proves to the client that the peer is the agent. Safe from any thread, except for use_curve().
#pragma once

#include <string>
#include <zmq.hpp>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

namespace shmbus {

struct CurveClient {
  // The agent's public key, in Z85.
  std::string server_key;
  // The client's own pair.
  CurvePair own;
};

// Returns a new pair. Errors: kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<CurvePair> make_curve_pair();

// Reads the pair in a NAME.secret of keygen, and checks that its keys belong together. The file must be a regular one,
// belong to this user or to root, and give group and others no rights. Errors: kBadRequest with the path and the
// objection, kUnsupported.
[[nodiscard]] Result<CurvePair> read_curve_pair(const std::string& path);

// Returns the agent's public key: `file_or_key` itself if it is a key, else the key in the file of that name. The file
// must belong to this user or to root and be writable by nobody else. Errors: kBadRequest with the path and the
// objection.
[[nodiscard]] Result<std::string> read_curve_server(const std::string& file_or_key);

// Makes `socket` use the keys for the connections that it makes after this call. Call it in the thread of the socket.
// Errors: kBadRequest for invalid keys, kUnsupported.
[[nodiscard]] Result<void> use_curve(zmq::socket_t& socket, const CurveClient& curve);

}  // namespace shmbus
