#include "tools/watch/position_file.hpp"

#include <cerrno>
#include <charconv>
#include <string_view>

#include "protocol/limits.hpp"
#include "tools/shared/output_file.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {
namespace {

constexpr std::size_t kMostBytes = 64;  // two numbers of at most 20 digits

// Takes a decimal number from the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<StreamPosition> position_in(std::string_view text) {
  const std::optional<std::uint64_t> epoch = take_number(text);
  if (!epoch || *epoch == 0 || *epoch > limits::kMaxEpoch || !text.starts_with(' ')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const std::optional<std::uint64_t> seq = take_number(text);
  return seq && (text.empty() || text == "\n") ? std::optional(StreamPosition{*epoch, *seq}) : std::nullopt;
}

// "-" is a file of that name here, not stdin or stdout.
std::string file_of(const std::string& path) { return path == "-" ? "./-" : path; }

}  // namespace

Result<std::optional<StreamPosition>> load_position(const std::string& path) {
  // First what would fail in the end: a place that can't be written, another user's file.
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
    return Error{ErrorCode::kBadRequest, "'" + path + "' holds no position: not 'EPOCH SEQ', two decimal numbers",
                 "remove it to watch from now on"};
  }
  return position;
}

Result<void> save_position(const std::string& path, const StreamPosition& position) {
  Result<OutputFile> file = OutputFile::open(file_of(path));
  if (!file) {
    return file.error();
  }
  Result<void> written = file->write(std::to_string(position.epoch) + " " + std::to_string(position.seq) + "\n");
  return written ? file->commit() : written;
}

}  // namespace shmbus
