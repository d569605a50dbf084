#include "tools/watch/command.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <sstream>
#include <utility>

#include "protocol/unique_fd.hpp"

namespace shmbus {
namespace {

constexpr const char* kShell = "/bin/sh";
constexpr std::array<std::string_view, 13> kNames{"EVENT",  "EPOCH", "SEQ", "TIME_NS", "HOST", "KEY",      "SHMID",
                                                  "SOURCE", "UID",   "GID", "PID",     "COMM", "PRINCIPAL"};

template <class T>
std::string variable(std::string_view name, const T& value) {
  return (std::ostringstream() << "SHMBUS_" << name << '=' << value).str();
}

// Returns whether `entry` is a variable of environment_of(), inherited from an outer shmbus-watch.
bool is_of_an_event(std::string_view entry) {
  return std::any_of(kNames.begin(), kNames.end(),
                     [entry](std::string_view name) { return entry.starts_with(variable(name, "")); });
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  std::transform(strings.begin(), strings.end(), std::back_inserter(pointers), [](std::string& s) { return s.data(); });
  pointers.push_back(nullptr);
  return pointers;
}

// The shell gets this process's signal mask without SIGINT, which InterruptSignal blocks here.
Result<pid_t> start_shell(std::vector<std::string> arguments, std::vector<std::string> environment, int stdin_fd) {
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  sigdelset(&mask, SIGINT);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, stdin_fd, STDIN_FILENO);
  pid_t pid = 0;
  const int failure =
      posix_spawn(&pid, kShell, &files, &attributes, argument_pointers.data(), environment_pointers.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return failure == 0 ? Result<pid_t>(pid)
                      : errno_error(failure, std::string("cannot start ") + kShell, ErrorCode::kInternal);
}

CommandStatus wait_for_end(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::vector<std::string> environment_of(const Event& event) {
  std::vector<std::string> variables{variable("EVENT", name_of(event.kind)),
                                     variable("EPOCH", event.epoch),
                                     variable("SEQ", event.seq),
                                     variable("TIME_NS", event.time_ns),
                                     variable("HOST", event.host),
                                     variable("KEY", event.shm_key),
                                     variable("SHMID", event.shm_shmid),
                                     variable("SOURCE", name_of(event.source))};
  const auto add = [&variables](std::string_view name, const auto& value) {
    if (value) {
      variables.push_back(variable(name, *value));
    }
  };
  add("UID", event.actor.uid);
  add("GID", event.actor.gid);
  add("PID", event.actor.pid);
  add("COMM", event.actor.comm);
  add("PRINCIPAL", event.actor.principal);
  return variables;
}

Result<CommandStatus> run_command(const std::string& command, const Event& event, std::string_view document) {
  // A file in memory instead of a pipe: writing to it never blocks on a command that reads late or not at all.
  const UniqueFd input(memfd_create("event", MFD_CLOEXEC));
  if (!input || pwrite(input.get(), document.data(), document.size(), 0) != static_cast<ssize_t>(document.size())) {
    return errno_error(errno, "cannot store an event for the command", ErrorCode::kInternal);
  }
  std::vector<std::string> environment = environment_of(event);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_of_an_event(*entry)) {
      environment.emplace_back(*entry);
    }
  }
  // "--" ends sh's options: the command may begin with a dash.
  const Result<pid_t> pid = start_shell({kShell, "-c", "--", command}, std::move(environment), input.get());
  return pid ? Result<CommandStatus>(wait_for_end(*pid)) : pid.error();
}

}  // namespace shmbus
