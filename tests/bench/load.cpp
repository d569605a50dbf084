#include "tests/bench/load.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"

namespace shmbus::bench {
namespace {

using Clock = std::chrono::steady_clock;

zmq::socket_t connected(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint,
                        const CurveClient* keys = nullptr) {
  constexpr std::chrono::milliseconds kPatience{5000};
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kPatience.count()));
  if (keys != nullptr) {
    if (const Result<void> used = use_curve(socket, *keys); !used) {
      throw std::runtime_error(used.error().message);
    }
  }
  socket.connect(endpoint);
  return socket;
}

void receive_frame(zmq::socket_t& socket, zmq::message_t& frame) {
  if (!socket.recv(frame)) {
    throw std::runtime_error("no answer at " + socket.get(zmq::sockopt::last_endpoint));
  }
}

}  // namespace

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

RoundTrips::RoundTrips(zmq::context_t& context, const std::string& endpoint, const CurveClient* keys)
    : socket_(connected(context, zmq::socket_type::req, endpoint, keys)) {}

std::string RoundTrips::ask(const std::string& request) {
  socket_.send(zmq::buffer(request), zmq::send_flags::none);
  zmq::message_t answer;
  receive_frame(socket_, answer);
  return answer.to_string();
}

void RoundTrips::measure(const std::string& request, int count, std::vector<double>& times) {
  zmq::message_t answer;
  for (int i = 0; i < count; ++i) {
    const Clock::time_point start = Clock::now();
    socket_.send(zmq::buffer(request), zmq::send_flags::none);
    receive_frame(socket_, answer);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
}

Pipeline::Pipeline(zmq::context_t& context, const std::string& endpoint)
    : socket_(connected(context, zmq::socket_type::dealer, endpoint)) {}

Seconds Pipeline::measure(const std::string& request, int count, int in_flight) {
  const Clock::time_point start = Clock::now();
  int sent = 0;
  for (; sent < std::min(count, in_flight); ++sent) {
    send(request);
  }
  for (int received = 0; received < count; ++received) {
    receive();
    if (sent < count) {
      send(request);
      ++sent;
    }
  }
  return Clock::now() - start;
}

void Pipeline::send(const std::string& request) {
  socket_.send(zmq::message_t(), zmq::send_flags::sndmore);
  socket_.send(zmq::buffer(request), zmq::send_flags::none);
}

void Pipeline::receive() {
  zmq::message_t frame;
  do {
    receive_frame(socket_, frame);
  } while (frame.more());
}

Listing list_all(RoundTrips& agent, std::uint64_t page) {
  const Clock::time_point start = Clock::now();
  Listing listing;
  ListRequest list;
  list.limit = page;
  for (bool more = true; more;) {
    const Result<Reply> reply = decode_reply(agent.ask(encode_request({{}, {}, {}, list})), list);
    if (!reply || !reply->ok()) {
      throw std::runtime_error("list failed: " +
                               (reply ? std::get<Error>(reply->outcome).message : reply.error().message));
    }
    const auto& result = std::get<ListResult>(std::get<OperationResult>(reply->outcome));
    listing.segments += result.segments.size();
    more = result.more && !result.segments.empty();
    if (more) {
      list.after = result.segments.back().shm_shmid;
    }
  }
  listing.time = Clock::now() - start;
  return listing;
}

}  // namespace shmbus::bench
