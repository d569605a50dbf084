// Who may connect: the ZAP handler (ZeroMQ RFC 27) of the agent's context, which libzmq asks about each new connection.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "agent/base/throttled_log.hpp"
#include "agent/transport/authorized_keys.hpp"
#include "protocol/endpoint/curve_key.hpp"

namespace shmbus::agent {

// Endpoints without keys: ipc, where the kernel says who connects, and TCP on loopback by --insecure-tcp.
enum class OpenDomain : std::uint8_t { kLocal, kInsecure };

// Sets who may connect to what `socket` binds from now on: anybody who can, or only holders of a key of the ring; `own`
// is the agent's pair. One of the two comes before each bind. Without a ZapHandler nobody gets in.
void admit_anyone(zmq::socket_t& socket, OpenDomain domain);
void admit_by_key(zmq::socket_t& socket, const CurvePair& own);

// A property of each message (zmq_msg_gets(3)): the key that its connection was admitted by, in Z85. The name that
// belonged to it then is the property User-Id. On other connections both are "". A client can set neither.
inline constexpr const char* kKeyProperty = "Shmbus-Key";

// One thread; make it before the sockets that it guards. A connection once admitted is not asked about again, so who
// serves it looks up the key of each request in ring().
class ZapHandler {
 public:
  // Throws zmq::error_t if the context has a handler already.
  explicit ZapHandler(zmq::context_t& context, AuthorizedKeys ring = {});

  // Decides about the connections that wait for it, without blocking. Returns whether more may wait.
  bool answer(Clock::time_point now);

  // The ring for connections from now on. It remembers the names of the keys that it no longer has.
  void use(AuthorizedKeys ring);

  [[nodiscard]] const AuthorizedKeys& ring() const { return ring_; }
  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

  // How many connections were refused, and where they are counted and logged.
  [[nodiscard]] std::uint64_t refused() const { return refusals_.count(); }
  [[nodiscard]] ThrottledLog& refusals() { return refusals_; }

 private:
  struct ZapReply;

  bool receive();
  [[nodiscard]] std::string_view frame(std::size_t place) const;
  [[nodiscard]] ZapReply decide() const;
  void reply(const ZapReply& reply);

  AuthorizedKeys ring_;
  ThrottledLog refusals_;
  zmq::socket_t socket_;
  std::vector<zmq::message_t> frames_;  // of the request in hand, as many as are kept
  std::size_t parts_ = 0;               // that it had
};

}  // namespace shmbus::agent
