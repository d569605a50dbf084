#include "tools/watch/position_file.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "protocol/limits.hpp"
#include "protocol/number.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/output_file.hpp"

namespace shmbus {
namespace {

constexpr std::size_t kMostBytes = 64;  // two numbers of at most 20 digits

std::optional<StreamPosition> position_in(std::string_view text) {
  text.remove_suffix(text.ends_with('\n') ? 1 : 0);
  const std::size_t space = std::min(text.find(' '), text.size());
  const auto epoch = parse_number<std::uint64_t>(text.substr(0, space));
  const auto seq = parse_number<std::uint64_t>(text.substr(std::min(space + 1, text.size())));
  const bool is_position = epoch && seq && *epoch > 0 && *epoch <= limits::kMaxEpoch;
  return is_position ? std::optional(StreamPosition{*epoch, *seq}) : std::nullopt;
}

// InputFile and OutputFile take "-" for stdin and stdout.
std::string file_of(const std::string& path) { return path == "-" ? "./-" : path; }

}  // namespace

Result<std::optional<StreamPosition>> load_position(const std::string& path) {
  // Fail now instead of at the first save: the directory may be read-only, the file another user's.
  if (const Result<OutputFile> writable = OutputFile::open(file_of(path)); !writable) {
    Error error = writable.error();
    error.code = error.errno_value == EISDIR ? ErrorCode::kBadRequest : error.code;
    return error;
  }
  const Result<std::string> text = read_file(file_of(path), kMostBytes);
  if (!text) {
    return text.error().errno_value == ENOENT ? Result<std::optional<StreamPosition>>(std::nullopt) : text.error();
  }
  const std::optional<StreamPosition> position = position_in(*text);
  if (!position) {
    return Error{ErrorCode::kBadRequest, "'" + path + "' holds no position: expected 'EPOCH SEQ', two decimal numbers",
                 "remove the file to start from now"};
  }
  return position;
}

Result<void> save_position(const std::string& path, const StreamPosition& position) {
  return write_file(file_of(path), std::to_string(position.epoch) + " " + std::to_string(position.seq) + "\n");
}

}  // namespace shmbus
