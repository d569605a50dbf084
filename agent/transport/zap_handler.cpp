#include "agent/transport/zap_handler.hpp"

#include <array>
#include <string>

namespace shmbus::agent {
namespace {

constexpr const char* kEndpoint = "inproc://zeromq.zap.01";
constexpr std::string_view kVersion = "1.0";
constexpr std::string_view kCurveDomain = "curve";
constexpr std::string_view kLocalDomain = "local";
constexpr std::string_view kInsecureDomain = "insecure";
constexpr int kRequestsPerTurn = 1000;
constexpr std::size_t kMostRequestId = 255;  // bytes: RFC 27

// The frames of a request. Credentials follow: with CURVE the public key of the client.
enum Frame : std::size_t { kVersionFrame, kIdFrame, kDomainFrame, kAddressFrame, kIdentityFrame, kMechanismFrame };
constexpr std::size_t kFixedFrames = kMechanismFrame + 1;
constexpr std::size_t kKeptFrames = kFixedFrames + 1;

// Encodes one property of a metadata frame (RFC 23): the length of the name in a byte, the name, the length of the
// value in four bytes, the value.
std::string property(std::string_view name, std::string_view value) {
  std::string bytes(1, static_cast<char>(name.size()));
  bytes += name;
  bytes += {'\0', '\0', '\0', static_cast<char>(value.size())};
  bytes += value;
  return bytes;
}

// Makes libzmq reject all connections while there is no handler. The library has ZMQ_ZAP_ENFORCE_DOMAIN, but Debian's
// header hides it from programs that do not use the drafts.
constexpr int kEnforceDomain = 93;

void set_domain(zmq::socket_t& socket, std::string_view domain) {
  socket.set(zmq::sockopt::zap_domain, domain);
  const int on = 1;
  if (zmq_setsockopt(socket.handle(), kEnforceDomain, &on, sizeof on) != 0) {
    throw zmq::error_t();
  }
}

}  // namespace

void admit_anyone(zmq::socket_t& socket, OpenDomain domain) {
  socket.set(zmq::sockopt::curve_server, false);
  set_domain(socket, domain == OpenDomain::kLocal ? kLocalDomain : kInsecureDomain);
}

void admit_by_key(zmq::socket_t& socket, const CurvePair& own) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  set_domain(socket, kCurveDomain);
}

struct ZapHandler::ZapReply {
  std::string_view status;  // "200" admits the peer
  std::string text;
  std::string user_id = {};
  std::string metadata = {};
};

ZapHandler::ZapHandler(zmq::context_t& context, AuthorizedKeys ring)
    : ring_(std::move(ring)), socket_(context, zmq::socket_type::rep) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind(kEndpoint);
}

void ZapHandler::use(AuthorizedKeys ring) {
  ring.remember(ring_);
  ring_ = std::move(ring);
}

bool ZapHandler::answer(Clock::time_point now) {
  for (int turn = 0; turn < kRequestsPerTurn; ++turn) {
    if (!receive()) {
      return false;
    }
    const ZapReply decision = decide();
    if (decision.status != "200") {
      refusals_.add_refusal(frame(kAddressFrame), decision.text, now);
    }
    reply(decision);
  }
  return true;
}

bool ZapHandler::receive() {
  frames_.clear();
  parts_ = 0;
  for (bool more = true; more; ++parts_) {
    zmq::message_t part;  // libzmq hands over whole messages only, so the rest is there
    if (!socket_.recv(part, zmq::recv_flags::dontwait)) {
      break;
    }
    more = part.more();
    if (frames_.size() < kKeptFrames) {
      frames_.push_back(std::move(part));
    }
  }
  return parts_ > 0;
}

// Returns a frame of the request; an empty one if it is missing.
std::string_view ZapHandler::frame(std::size_t place) const {
  return place < frames_.size() ? frames_[place].to_string_view() : std::string_view();
}

ZapHandler::ZapReply ZapHandler::decide() const {
  const std::string_view id = frame(kIdFrame);
  if (parts_ < kFixedFrames || frame(kVersionFrame) != kVersion || id.empty() || id.size() > kMostRequestId) {
    return {.status = "500", .text = "malformed ZAP request"};
  }
  const std::string_view domain = frame(kDomainFrame);
  const std::string_view mechanism = frame(kMechanismFrame);
  const std::size_t credentials = parts_ - kFixedFrames;
  if ((domain == kLocalDomain || domain == kInsecureDomain) && mechanism == "NULL" && credentials == 0) {
    return {.status = "200", .text = "OK", .metadata = property(kKeyProperty, "")};
  }
  const std::string_view key = frame(kFixedFrames);
  if (domain != kCurveDomain || mechanism != "CURVE" || credentials != 1 || key.size() != kCurveKeyBytes) {
    return {.status = "400",
            .text = "mechanism " + std::string(mechanism) + " is not accepted in domain " + std::string(domain)};
  }
  const std::string shown = curve_key_of(key);
  const std::optional<std::string> name = ring_.name_of(shown);
  if (!name) {
    return {.status = "400", .text = "its key " + shown + " is not authorized"};
  }
  return {.status = "200", .text = "OK", .user_id = *name, .metadata = property(kKeyProperty, shown)};
}

void ZapHandler::reply(const ZapReply& reply) {
  const std::array<std::string_view, 6> parts{kVersion,   frame(kIdFrame), reply.status,
                                              reply.text, reply.user_id,   reply.metadata};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const zmq::send_flags more = i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    socket_.send(zmq::buffer(parts.at(i)), more | zmq::send_flags::dontwait);  // dropped if the peer has left
  }
}

}  // namespace shmbus::agent
