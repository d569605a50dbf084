#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

#include "agent/access/access_files.hpp"
#include "agent/access/explain.hpp"
#include "agent/access/policy_file.hpp"
#include "agent/agent.hpp"
#include "agent/base/memory_reserve.hpp"
#include "agent/kernel/host_facts.hpp"
#include "agent/kernel/sysv_kernel.hpp"
#include "agent/system/service_manager.hpp"
#include "agent/system/socket_activation.hpp"
#include "agent/transport/connection_limiter.hpp"
#include "agent/transport/limiter_check.hpp"
#include "agent/version.hpp"
#include "protocol/endpoint/random.hpp"
#include "protocol/message_memory.hpp"
#include "protocol/text.hpp"
#include "protocol/unique_fd.hpp"

namespace {

using namespace shmbus;
using namespace shmbus::agent;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr std::size_t kFilesBesideConnections = 64;  // if tracing takes more, fewer connections fit

void log_to_stderr(const Config& config) {
  const bool for_journal = config.log_format == LogFormat::kText && stderr_is_journal();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("shmbus"));
  spdlog::set_formatter(make_log_formatter(for_journal ? LogFormat::kJournal : config.log_format));
  spdlog::set_level(spdlog::level::from_str(config.log_level));
}

// Returns a descriptor that reports SIGTERM, SIGINT and SIGHUP. Runs before any thread exists, so every thread inherits
// the blocked mask.
UniqueFd block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): the reader of the log may exit
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT(cert-err33-c): a full audit file is a failed write
  UniqueFd descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (descriptor.get() < 0) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
  return descriptor;
}

// Returns the next signal, or 0 if there is none.
int signal_read_from(const UniqueFd& descriptor) {
  signalfd_siginfo info{};
  const ssize_t got = read(descriptor.get(), &info, sizeof info);
  return got == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

// Raises the limit on open files towards `wanted`, as far as the hard limit allows. Returns the limit in force.
std::size_t raise_open_files(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  constexpr rlim_t kFewest = 2 * kFilesBesideConnections + kReservedConnections;
  if (limit.rlim_cur < kFewest) {
    throw std::runtime_error("only " + std::to_string(limit.rlim_cur) + " open files are allowed (RLIMIT_NOFILE); " +
                             std::to_string(kFewest) + " are needed");
  }
  return limit.rlim_cur;
}

int refuse(const Error& error) {
  spdlog::error("cannot start: {}{}{}", escape_for_terminal(error.message), error.hint.empty() ? "" : "; ",
                escape_for_terminal(error.hint));
  return error.code == ErrorCode::kBadRequest ? kExitUsage : kExitFailure;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + escape_for_terminal(word);
  }
  return line;
}

// Returns how far the runtime directory has to be open for the more open of the two kinds of sockets.
Passage passage_to(const Config& config) {
  const mode_t mode = config.commands_access.mode | config.events_access.mode;
  return (mode & S_IWOTH) != 0 ? Passage::kEveryone : (mode & S_IWGRP) != 0 ? Passage::kGroup : Passage::kNobody;
}

// Refuses, or warns about, a configuration that needs the rights of other users if the agent cannot act as them.
Result<void> check_rights(const Config& config, const Credentials& credentials) {
  if (credentials.can_switch()) {
    return {};
  }
  constexpr std::uint32_t kNobody = 65534;  // unmapped: a user namespace for one user, who is root only inside it
  if (credentials.own().uid == 0 && maps_uid(kNobody) && config.serves(Transport::kInsecure)) {
    return Error{.code = ErrorCode::kPermissionDenied,
                 .message = "every client of a TCP endpoint without keys would be served as root",
                 .hint = "give the agent CAP_SETUID and CAP_SETGID, or run it as another user"};
  }
  if (config.serves(Transport::kLocal)) {
    spdlog::warn("serving uid {} and root only: serving other users requires CAP_SETUID and CAP_SETGID",
                 credentials.own().uid);
  }
  return {};
}

// Returns the signal that ended the agent.
Result<int> serve(const Config& config, ServiceManager& manager) {
  Result<std::vector<PassedSocket>> passed = take_passed_sockets();
  if (!passed) {
    return passed.error();
  }
  if (const Result<void> checked = check_endpoints(config); !checked) {
    return checked.error();
  }
  if (config.uses_runtime_directory) {
    const Result<void> prepared =
        prepare_runtime_directory(config.runtime_directory, passage_to(config), config.commands_access.group);
    if (!prepared) {
      return prepared.error();
    }
  }
  const UniqueFd signals = block_signals();
  const std::size_t most_connections = raise_open_files(kOpenFiles) - kFilesBesideConnections - kReservedConnections;
  ConnectionLimiter::instance().limit({.in_all = config.limits.connections == 0
                                                     ? most_connections
                                                     : std::min(config.limits.connections, most_connections),
                                       .per_uid = config.limits.connections_per_uid,
                                       .reserved = kReservedConnections});
  if (const Result<void> limited = check_connection_limiter(); !limited) {
    return limited.error();
  }
  // libzmq numbers its peers with rand(). A client that predicts a number can claim it and make libzmq abort.
  std::srand(static_cast<unsigned>(random_53_bits()));
  Result<AccessFiles> files = read_access_files(config);
  if (!files) {
    return files.error();
  }
  SysvKernel kernel;
  if (const Result<void> checked = check_rights(config, kernel.credentials()); !checked) {
    return checked.error();
  }
  const Credentials& credentials = kernel.credentials();
  Agent agent(config, kernel, {.identity = credentials.own(), .can_switch = credentials.can_switch()},
              *std::move(files), manager);
  if (const Result<void> started = agent.start(*std::move(passed)); !started) {
    return started.error();
  }
  spdlog::info("started shmbus-agent {} pid {}: commands {} events {} detection {} every {} ms", SHMBUS_VERSION,
               getpid(), joined(agent.facts().commands), joined(agent.facts().events), agent.facts().detection.mode,
               agent.facts().detection.interval_ms);
  return agent.run(signals.get(), [&signals] { return signal_read_from(signals); });
}

// The policy may be a draft, so the owner and permissions of its file are not checked.
int print_explanation(const Config& config) {
  Policy policy;
  if (!config.policy.empty()) {
    std::ostringstream content;
    content << std::ifstream(config.policy).rdbuf();
    Result<Policy> parsed = content ? parse_policy(content.str(), config.policy, config.policy_is())
                                    : Error{.code = ErrorCode::kBadRequest, .message = "cannot read " + config.policy};
    if (!parsed) {
      return refuse(parsed.error());
    }
    policy = *std::move(parsed);
  }
  const Result<std::string> answer = explain(policy, config.explain);
  if (!answer) {
    return refuse(answer.error());
  }
  std::cout << *answer;  // already ends with a newline
  return 0;
}

// Checks the endpoints and reads the access files too. Creates and changes nothing.
int print_check(const ParsedConfig& parsed) {
  std::cout << parsed.report;
  Result<void> checked = check_endpoints(parsed.config);
  if (checked) {
    Config without_audit = parsed.config;
    without_audit.audit.clear();  // opening it would create it
    const Result<AccessFiles> files = read_access_files(without_audit);
    checked = files ? Result<void>() : files.error();
  }
  return checked ? 0 : refuse(checked.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const ParsedConfig parsed = parse_config(argc, argv, version_text());
    if (parsed.exit_status) {
      return *parsed.exit_status;
    }
    log_to_stderr(parsed.config);
    for (const std::string& warning : parsed.warnings) {
      spdlog::warn("{}", warning);
    }
    if (!parsed.config.explain.empty()) {
      return print_explanation(parsed.config);
    }
    if (parsed.config.check) {
      return print_check(parsed);
    }
    keep_message_memory();
    MemoryReserve::take();
    ServiceManager manager = ServiceManager::from_environment();
    const Result<int> signal = serve(parsed.config, manager);
    if (!signal) {
      manager.failed("cannot start: " + signal.error().message, signal.error().errno_value);
      return refuse(signal.error());
    }
    spdlog::info("stopped by SIG{}", sigabbrev_np(*signal));
    return 0;
  } catch (const std::exception& error) {
    spdlog::critical("stopped by an exception: {}", error.what());
    return kExitFailure;
  }
}
