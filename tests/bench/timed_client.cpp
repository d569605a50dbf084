#include "tests/bench/timed_client.hpp"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/codec/replies.hpp"
#include "tests/bench/load.hpp"

namespace shmbus::bench {
namespace {

// A message to the child: how often to ask, or, from here on, the part to take, in thousandths.
constexpr std::uint64_t kTake = std::uint64_t{1} << 32U;
constexpr double kThousand = 1000;  // of a part, and nanoseconds of the answer in a microsecond

class Child {
 public:
  explicit Child(const TimedClientSetup& setup) : setup_(setup) {
    if (setup_.uid) {
      become_user(*setup_.uid);
    }
    trips_ = std::make_unique<RoundTrips>(context_, setup_.endpoint, setup_.keys ? &*setup_.keys : nullptr);
    const std::string answer = trips_->ask(setup_.request);
    if (!setup_.asks_echo) {
      check(decode_reply(answer, StatRequest{}));
    }
  }

  std::uint64_t act(std::uint64_t number) {
    if (number < kTake) {
      trips_->measure(setup_.request, static_cast<int>(number), times_);
      return 0;
    }
    const double part = static_cast<double>(number - kTake) / kThousand;
    const double microseconds = percentile(std::exchange(times_, {}), part);
    return static_cast<std::uint64_t>(microseconds * kThousand);
  }

 private:
  static void check(const Result<Reply>& reply) {
    if (!reply) {
      throw std::runtime_error(reply.error().message);
    }
    if (!reply->ok()) {
      throw std::runtime_error(std::get<Error>(reply->outcome).message);
    }
  }

  TimedClientSetup setup_;
  zmq::context_t context_;
  std::unique_ptr<RoundTrips> trips_;
  std::vector<double> times_;
};

}  // namespace

TimedClient::TimedClient(const TimedClientSetup& setup)
    : child_([setup, child = std::shared_ptr<Child>()](std::uint64_t number) mutable {
        try {
          if (!child) {
            child = std::make_shared<Child>(setup);
          }
          return child->act(number);
        } catch (const std::exception& error) {
          std::fprintf(stderr, "shmbus-bench: the client of %s: %s\n", setup.endpoint.c_str(), error.what());
          _exit(1);
        }
      }) {}

double TimedClient::take(double part) {
  return static_cast<double>(child_.ask(kTake + static_cast<std::uint64_t>(part * kThousand))) / kThousand;
}

void become_user(uid_t uid) {
  const pid_t owner = getppid();
  const gid_t group = uid;  // as most users have one of their own name
  if (setgroups(1, &group) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) {
    throw std::system_error(errno, std::generic_category(), "becoming uid " + std::to_string(uid));
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // the kernel has forgotten it, as the ids changed
  if (getppid() != owner) {
    _exit(0);
  }
}

}  // namespace shmbus::bench
