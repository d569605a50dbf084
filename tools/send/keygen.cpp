#include "tools/send/keygen.hpp"

#include <string_view>

#include "protocol/client/security/curve.hpp"
#include "tools/shared/output_file.hpp"

namespace shmbus {
namespace {

Error failed(const std::string& path, const Error& why) {
  if (why.code == ErrorCode::kPermissionDenied) {
    return why;
  }
  Error error = errno_error(why.errno_value, "cannot create " + path);
  if (error.code == ErrorCode::kExists) {
    error.hint =
        "existing keys are never overwritten; choose another name or directory, or remove the file if its keys are not "
        "in use";
  }
  return error;
}

// Returns the file with its content, ready for commit().
Result<OutputFile> written(const std::string& path, std::string_view content) {
  Result<OutputFile> file = OutputFile::open(path, ExistingFile::kRefuse);
  if (!file) {
    return failed(path, file.error());
  }
  const Result<void> filled = file->write(content);
  return filled ? std::move(file) : failed(path, filled.error());
}

}  // namespace

Result<KeyFiles> make_key_files(const std::string& name, const std::string& directory) {
  if (!is_key_name(name)) {
    return Error{ErrorCode::kBadRequest, "'" + name + "' is not a valid key name",
                 "a name consists of 1 to 64 characters of A-Z a-z 0-9 . _ -"};
  }
  const Result<CurvePair> pair = make_curve_pair();
  if (!pair) {
    return pair.error();
  }
  const std::string stem = directory + (directory.ends_with('/') ? "" : "/") + name;
  const std::string secret_path = stem + kKeyPairSuffix;
  const std::string public_path = stem + kPublicKeySuffix;
  Result<OutputFile> secret = written(secret_path, key_pair_file(name, *pair));
  if (!secret) {
    return secret.error();
  }
  Result<OutputFile> shared = written(public_path, public_key_file(name, pair->public_key));
  if (!shared) {
    return shared.error();
  }
  if (const Result<void> made = secret->commit(); !made) {
    return failed(secret_path, made.error());
  }
  if (const Result<void> made = shared->commit(); !made) {
    secret->withdraw();
    return failed(public_path, made.error());
  }
  return KeyFiles{secret_path, public_path, pair->public_key};
}

}  // namespace shmbus
