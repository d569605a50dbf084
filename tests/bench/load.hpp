// Clients that ask as fast as they can, on plain sockets, so that nothing but the server differs between two of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "protocol/client/security/curve.hpp"

namespace shmbus::bench {

using Seconds = std::chrono::duration<double>;

// The middle of `values`, the upper one of two. Requires: not empty.
[[nodiscard]] double median(std::vector<double> values);

// The value that is not exceeded by `part` of `values`. Requires: not empty.
[[nodiscard]] double percentile(std::vector<double> values, double part);

// One REQ socket, with CURVE if there are `keys`. Throws if an answer takes longer than 5 s; so does Pipeline.
class RoundTrips {
 public:
  RoundTrips(zmq::context_t& context, const std::string& endpoint, const CurveClient* keys = nullptr);

  // Sends `request` and returns what answers it.
  std::string ask(const std::string& request);

  // Asks `count` times and appends how long each took, in microseconds, to `times`.
  void measure(const std::string& request, int count, std::vector<double>& times);

 private:
  zmq::socket_t socket_;
};

// One DEALER socket with many requests on their way.
class Pipeline {
 public:
  Pipeline(zmq::context_t& context, const std::string& endpoint);

  // The time that `count` requests take with up to `in_flight` unanswered.
  Seconds measure(const std::string& request, int count, int in_flight);

  void send(const std::string& request);
  void receive();  // takes one answer and drops it

 private:
  zmq::socket_t socket_;
};

struct Listing {
  std::size_t segments = 0;
  Seconds time{0};
};

// Takes all pages of `list`, decoded as a client needs them to ask for the next.
[[nodiscard]] Listing list_all(RoundTrips& agent, std::uint64_t page);

}  // namespace shmbus::bench
