#include "tools/shared/access_options.hpp"

#include <pwd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "protocol/number.hpp"

namespace shmbus {
namespace {

std::string option_or_environment(const std::string& option, const char* variable) {
  const char* const value = std::getenv(variable);
  return option.empty() && value != nullptr ? value : option;
}

// Digits are always a uid, even if they are the name of a user.
Result<std::uint32_t> uid_of(const std::string& user) {
  if (const auto uid = parse_number<std::uint32_t>(user); uid && *uid != UINT32_MAX) {  // (uid_t)-1 means "no user"
    return *uid;
  }
  if (const passwd* known = getpwnam(user.c_str()); known != nullptr) {
    return known->pw_uid;
  }
  return Error{ErrorCode::kBadRequest, "--agent-user: unknown user '" + user + "'"};
}

}  // namespace

void add_access_options(CLI::App& app, AccessOptions& options) {
  app.add_option("--curve-key", options.curve_key,
                 "your key pair for an agent on TCP, made by shmbus-send keygen\n(or SHMBUS_CURVE_KEY)")
      ->option_text("FILE");
  app.add_option("--curve-server", options.curve_server,
                 "public key of that agent, or a file that holds it\n(or SHMBUS_CURVE_SERVER)")
      ->option_text("FILE|KEY");
  app.add_option("--agent-user", options.agent_user,
                 "also accept an agent that runs as this user, by name or number;\n"
                 "yours and root's are always accepted (or SHMBUS_AGENT_USER)")
      ->option_text("USER");
}

Result<Access> resolve_access(const AccessOptions& options) {
  const std::string key = option_or_environment(options.curve_key, "SHMBUS_CURVE_KEY");
  const std::string server = option_or_environment(options.curve_server, "SHMBUS_CURVE_SERVER");
  const std::string user = option_or_environment(options.agent_user, "SHMBUS_AGENT_USER");
  Access access;
  if (key.empty() != server.empty()) {
    const bool has_key = !key.empty();
    return Error{ErrorCode::kBadRequest,
                 std::string(has_key ? "--curve-key without --curve-server" : "--curve-server without --curve-key") +
                     ": keys must be given for both sides or not at all",
                 has_key ? "--curve-server or SHMBUS_CURVE_SERVER names the agent's public key"
                         : "--curve-key or SHMBUS_CURVE_KEY names your own keys, made by shmbus-send keygen"};
  }
  if (!key.empty()) {
    Result<CurvePair> own = read_curve_pair(key);
    if (!own) {
      return std::move(own).error();
    }
    Result<std::string> agents = read_curve_server(server);
    if (!agents) {
      return std::move(agents).error();
    }
    access.curve = CurveClient{*std::move(agents), *std::move(own)};
  }
  if (!user.empty()) {
    const Result<std::uint32_t> uid = uid_of(user);
    if (!uid) {
      return uid.error();
    }
    access.agent_user = *uid;
  }
  return access;
}

}  // namespace shmbus
