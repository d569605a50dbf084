#include "agent/trace/tracefs.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace shmbus::agent {
namespace {

Result<std::string> read_at(int directory, const std::string& path) {
  const UniqueFd file(::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> block{};
  ssize_t count = file ? ::read(file.get(), block.data(), block.size()) : -1;
  for (; count > 0; count = ::read(file.get(), block.data(), block.size())) {
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) {
    return no_trace(errno, "tracefs: " + path);
  }
  return text;
}

}  // namespace

Error no_trace(int errno_value, std::string_view what) {
  Error error = errno_error(errno_value, what, ErrorCode::kUnsupported);
  error.hint = "tracing requires root, or CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH";
  return error;
}

std::size_t Tracepoint::offset_of(const std::string& field) const {
  // "	field:int cmd;	offset:24;	size:8;	signed:0;", and arrays as "char comm[16];"
  for (const char* const end : {";\toffset:", "[16];\toffset:"}) {
    const std::string before = " " + field + end;
    if (const std::size_t at = format.find(before); at != std::string::npos) {
      std::size_t offset = kAbsent;
      const char* const digits = format.data() + at + before.size();
      std::from_chars(digits, format.data() + format.size(), offset);
      return offset;
    }
  }
  return kAbsent;
}

Result<Tracefs> Tracefs::open() {
  const UniqueFd context(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return no_trace(errno, "cannot open tracefs");
  }
  UniqueFd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!root) {
    return no_trace(errno, "cannot open tracefs");
  }
  return Tracefs(std::move(root));
}

Result<Tracepoint> Tracefs::find(const std::string& name) const {
  const std::string directory = "events/" + name;
  const Result<std::string> id = read_at(root_.get(), directory + "/id");
  Result<std::string> format = read_at(root_.get(), directory + "/format");
  if (!id || !format) {
    return id ? format.error() : id.error();
  }
  Tracepoint tracepoint{.id = 0, .format = *std::move(format)};
  std::from_chars(id->data(), id->data() + id->size(), tracepoint.id);
  return tracepoint;
}

}  // namespace shmbus::agent
