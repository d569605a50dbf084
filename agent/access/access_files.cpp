#include "agent/access/access_files.hpp"

#include "agent/access/policy_file.hpp"
#include "agent/system/trusted_file.hpp"

namespace shmbus::agent {

Result<AccessFiles> read_access_files(const Config& config) {
  AccessFiles files;
  if (config.tcp() == TcpMode::kCurve) {
    Result<CurvePair> own = read_curve_secret(config.curve_secret);
    if (!own) {
      return std::move(own).error();
    }
    Result<AuthorizedKeys> ring = AuthorizedKeys::load(config.curve_keys);
    if (!ring) {
      return std::move(ring).error();
    }
    files.own_keys = *std::move(own);
    files.authorized_keys = *std::move(ring);
  }
  Result<std::optional<Policy>> policy = read_policy(config);
  if (!policy) {
    return std::move(policy).error();
  }
  files.authorizer.policy = *std::move(policy);
  files.authorizer.refuses_without_audit = config.refuses_without_audit;
  if (!config.audit.empty()) {
    Result<Audit> audit = Audit::open(config.audit);
    if (!audit) {
      return std::move(audit).error();
    }
    files.authorizer.audit = *std::move(audit);
  }
  return files;
}

Result<std::optional<Policy>> read_policy(const Config& config) {
  if (config.policy.empty()) {
    return std::optional<Policy>();
  }
  const Result<std::string> content = read_private(config.policy);
  if (!content) {
    return content.error();
  }
  Result<Policy> policy = parse_policy(*content, config.policy, config.policy_is());
  if (!policy) {
    return std::move(policy).error();
  }
  return std::optional<Policy>(*std::move(policy));
}

}  // namespace shmbus::agent
