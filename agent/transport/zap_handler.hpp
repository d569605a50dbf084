// A ZAP handler (ZeroMQ RFC 27) that decides which peers may connect. libzmq asks it about each new connection to the
// sockets of the agent's context, and holds the handshake back until it has replied.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "agent/base/throttled_log.hpp"
#include "agent/transport/authorized_keys.hpp"
#include "protocol/endpoint/curve_key.hpp"

namespace shmbus::agent {

// Endpoints without keys: ipc, where the kernel identifies the peer, and TCP on loopback with --insecure-tcp.
enum class OpenDomain : std::uint8_t { kLocal, kInsecure };

// Admits every peer that can reach the endpoints that `socket` binds from now on. Call this or admit_by_key() before
// each bind. Both make libzmq reject every connection while the context has no ZapHandler.
void admit_anyone(zmq::socket_t& socket, OpenDomain domain);

// Admits only peers that hold a key of the handler's ring. `own` is the agent's key pair.
void admit_by_key(zmq::socket_t& socket, const CurvePair& own);

// The property of a message (zmq_msg_gets(3)) that holds the key of its connection, in Z85. The property User-Id holds
// the name that the key had when the peer connected. Both are "" on connections without keys. A client can set neither.
inline constexpr const char* kKeyProperty = "Shmbus-Key";

// Holds the ring of authorized keys and answers libzmq's questions from the event loop. Single-threaded; create it
// before the sockets that it guards. libzmq asks once for each connection, so a peer stays connected when its key is
// removed. Authenticator therefore looks up the key of each request in ring().
class ZapHandler {
 public:
  // Borrows `context`. Throws zmq::error_t if the context has a handler already.
  explicit ZapHandler(zmq::context_t& context, AuthorizedKeys ring = {});

  // Decides about the waiting connections, up to a fixed number, without blocking. Rejected ones are counted and logged
  // as of `now`. Returns whether more may wait.
  bool answer(Clock::time_point now);

  // Replaces the ring for connections from now on. The new one remembers the names of the keys that were removed.
  void use(AuthorizedKeys ring);

  // Returns the ring in use; the reference stays valid, and refers to the new ring after use().
  [[nodiscard]] const AuthorizedKeys& ring() const { return ring_; }

  // Returns the socket that becomes readable when connections may wait.
  [[nodiscard]] zmq::socket_ref socket() { return socket_; }

  // Return the number of rejected connections, and the log that counts them. HandshakeMonitor adds to that log as well.
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
  std::vector<zmq::message_t> frames_;  // of the current request; surplus ones are not kept
  std::size_t parts_ = 0;               // number of frames that it had
};

}  // namespace shmbus::agent
