#include "tests/bench/contest/least_server.hpp"

#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/bench/contest/mapped.hpp"

namespace shmbus::bench {
namespace {

void check(long returned, const char* call) {
  if (returned != 0) {
    throw std::system_error(errno, std::generic_category(), call);
  }
}

// Another user, in this thread alone, for the scope; by the calls that the agent makes.
class ActingAs {
 public:
  explicit ActingAs(std::optional<uid_t> user) : acting_(user.has_value()) {
    if (acting_) {
      const gid_t group = *user;
      check(syscall(SYS_setgroups, 1, &group), "setgroups");
      check(syscall(SYS_setresgid, -1, group, -1), "setresgid");
      check(syscall(SYS_setresuid, -1, *user, -1), "setresuid");
    }
  }
  ~ActingAs() {
    if (acting_) {
      const bool back = syscall(SYS_setresuid, -1, 0, -1) == 0 && syscall(SYS_setresgid, -1, 0, -1) == 0 &&
                        syscall(SYS_setgroups, 0, nullptr) == 0;
      if (!back) {
        _exit(1);
      }
    }
  }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool acting_;
};

class LeastServer {
 public:
  LeastServer(int shmid, std::optional<uid_t> as) : shmid_(shmid), as_(as), size_(state().shm_segsz) {}

  void answer(zmq::message_t& message) {
    const DecodedRequest decoded = decode_request(message.to_string_view());
    const auto& request = std::get<Request>(decoded.request);
    Reply reply;
    reply.id = request.id;
    reply.epoch = kEpoch;
    reply.seq = 0;
    {
      const ActingAs caller(as_);
      reply.outcome =
          std::visit([this](const auto& operation) { return OperationResult(run(operation)); }, request.operation);
    }
    message = zmq::message_t(encode_reply(reply));
    once_.reset();
  }

 private:
  static constexpr std::uint64_t kEpoch = 1'700'000'000'000;  // of as many bytes as one of today

  [[nodiscard]] PingResult run(const PingRequest& /*request*/) const { return {}; }

  [[nodiscard]] StatResult run(const StatRequest& /*request*/) const {
    const shmid_ds now = state();
    const ipc_perm& rights = now.shm_perm;
    return {{.shm_key = static_cast<Key>(rights.__key),
             .shm_shmid = shmid_,
             .shm_segsz = now.shm_segsz,
             .uid = rights.uid,
             .gid = rights.gid,
             .cuid = rights.cuid,
             .cgid = rights.cgid,
             .mode = Mode{static_cast<std::uint16_t>(rights.mode & kModeBits)},
             .shm_atime = now.shm_atime,
             .shm_dtime = now.shm_dtime,
             .shm_ctime = now.shm_ctime,
             .shm_cpid = now.shm_cpid,
             .shm_lpid = now.shm_lpid,
             .shm_nattch = now.shm_nattch}};
  }

  ReadResult run(const ReadRequest& request) {
    const std::uint64_t length = request.length.value();
    ReadResult result;
    result.placed = {place(request.attachment.has_value()) + request.offset, length};
    result.offset = request.offset;
    result.length = length;
    result.shm_segsz = size_;
    return result;
  }

  WriteResult run(const WriteRequest& request) {
    request.data.copy(place(request.attachment.has_value()) + request.offset, request.data.size());
    return {.offset = request.offset, .length = request.data.size()};
  }

  template <class Other>
  [[nodiscard]] typename Other::Result run(const Other& /*request*/) const {
    throw std::logic_error("the least server has no such operation");
  }

  [[nodiscard]] shmid_ds state() const {
    shmid_ds state{};
    check(shmctl(shmid_, IPC_STAT, &state), "IPC_STAT");
    return state;
  }

  // Of the attachment that is kept, or of one for this request.
  char* place(bool kept) {
    std::optional<Mapped>& attachment = kept ? kept_ : once_;
    if (!attachment) {
      attachment.emplace(shmid_);
    }
    return attachment->place();
  }

  int shmid_;
  std::optional<uid_t> as_;
  std::uint64_t size_;
  std::optional<Mapped> kept_, once_;  // the latter for the length of a request
};

}  // namespace

Answering answer_least(int shmid, std::optional<uid_t> as) {
  return [server = std::make_shared<LeastServer>(shmid, as)](zmq::message_t& message) { server->answer(message); };
}

}  // namespace shmbus::bench
