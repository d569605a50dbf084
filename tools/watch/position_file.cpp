#include "tools/watch/position_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "protocol/limits.hpp"
#include "tools/report.hpp"

namespace shmbus {
namespace {

constexpr std::size_t kMostBytes = 64;  // two numbers of at most 20 digits
constexpr mode_t kFileMode = 0666;      // and the umask

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

Error failed(const std::string& path) {
  const int number = errno;
  return {ErrorCode::kInternal, "cannot save the position in '" + path + "': " + std::strerror(number), "", number};
}

// True if all of `text` is in the file and on the disk.
bool fill(int fd, std::string_view text) {
  return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fdatasync(fd) == 0;
}

}  // namespace

Result<std::optional<StreamPosition>> load_position(const std::string& path) {
  const Result<std::string> text = read_file(path == "-" ? "./-" : path, kMostBytes);
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
  const std::string text = std::to_string(position.epoch) + " " + std::to_string(position.seq) + "\n";
  const std::string young = path + ".new";
  unlink(young.c_str());  // left by a watcher that was killed, or somebody's trap
  const int fd = open(young.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (fd < 0) {
    return failed(path);
  }
  const bool is_filled = fill(fd, text);
  Result<void> saved;
  if (!is_filled) {
    saved = failed(path);
  }
  close(fd);
  if (is_filled && rename(young.c_str(), path.c_str()) != 0) {
    saved = failed(path);
  }
  if (!saved) {
    unlink(young.c_str());
  }
  return saved;
}

}  // namespace shmbus
