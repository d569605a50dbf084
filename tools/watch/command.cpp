#include "tools/watch/command.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace shmbus {
namespace {

constexpr const char* kShell = "/bin/sh";
constexpr std::array<std::string_view, 13> kNames{"EVENT",  "EPOCH", "SEQ", "TIME_NS", "HOST", "KEY",      "SHMID",
                                                  "SOURCE", "UID",   "GID", "PID",     "COMM", "PRINCIPAL"};

std::string variable(std::string_view name, std::string_view value) {
  return "SHMBUS_" + std::string(name) + "=" + std::string(value);
}

// One of ours, from a watcher above this one.
bool is_of_an_event(std::string_view entry) {
  return std::any_of(kNames.begin(), kNames.end(),
                     [entry](std::string_view name) { return entry.starts_with(variable(name, "")); });
}

// A file in memory, not a pipe: a command that reads nothing, or late, holds nothing up.
class Input {
 public:
  explicit Input(std::string_view content) : fd_(memfd_create("event", MFD_CLOEXEC)) {
    while (fd_ >= 0 && !content.empty()) {
      const ssize_t written = write(fd_, content.data(), content.size());
      if (written < 0) {
        close(fd_);
        fd_ = -1;
        return;
      }
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    lseek(fd_, 0, SEEK_SET);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  [[nodiscard]] int fd() const { return fd_; }  // -1: there was no memory for it

 private:
  int fd_;
};

// Our signal mask, with SIGINT let through.
class SpawnSettings {
 public:
  explicit SpawnSettings(int stdin_fd) {
    sigset_t mask;
    sigprocmask(SIG_SETMASK, nullptr, &mask);
    sigdelset(&mask, SIGINT);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &mask);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, stdin_fd, STDIN_FILENO);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }
  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t files_{};
};

CommandStatus wait_for_end(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  std::transform(strings.begin(), strings.end(), std::back_inserter(pointers), [](std::string& s) { return s.data(); });
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::vector<std::string> environment_of(const Event& event) {
  std::vector<std::string> variables{variable("EVENT", name_of(event.kind)),
                                     variable("EPOCH", std::to_string(event.epoch)),
                                     variable("SEQ", std::to_string(event.seq)),
                                     variable("TIME_NS", std::to_string(event.time_ns)),
                                     variable("HOST", event.host),
                                     variable("KEY", std::to_string(event.shm_key)),
                                     variable("SHMID", std::to_string(event.shm_shmid)),
                                     variable("SOURCE", name_of(event.source))};
  const auto add_number = [&variables](std::string_view name, const auto& value) {
    if (value) {
      variables.push_back(variable(name, std::to_string(*value)));
    }
  };
  const auto add_text = [&variables](std::string_view name, const std::optional<std::string>& value) {
    if (value) {
      variables.push_back(variable(name, *value));
    }
  };
  add_number("UID", event.actor.uid);
  add_number("GID", event.actor.gid);
  add_number("PID", event.actor.pid);
  add_text("COMM", event.actor.comm);
  add_text("PRINCIPAL", event.actor.principal);
  return variables;
}

Result<CommandStatus> run_command(const std::string& command, const Event& event, std::string_view document) {
  const Input input(document);
  if (input.fd() < 0) {
    return errno_error(errno, "cannot hold an event for the command", ErrorCode::kInternal);
  }
  std::vector<std::string> environment = environment_of(event);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_of_an_event(*entry)) {
      environment.emplace_back(*entry);
    }
  }
  std::vector<std::string> arguments{kShell, "-c", "--", command};  // it may begin with a dash
  const SpawnSettings settings(input.fd());
  pid_t pid = 0;
  const int number = posix_spawn(&pid, kShell, settings.files(), settings.attributes(), pointers_to(arguments).data(),
                                 pointers_to(environment).data());
  if (number != 0) {
    return errno_error(number, std::string("cannot start ") + kShell, ErrorCode::kInternal);
  }
  return wait_for_end(pid);
}

}  // namespace shmbus
