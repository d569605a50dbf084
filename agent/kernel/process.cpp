#include "agent/kernel/process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

std::string proc(std::int32_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

std::optional<ino_t> ipc_namespace(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return status.st_ino;
}

// "Uid:	real	effective	saved	file system"
std::optional<std::uint32_t> effective(const std::string& line) {
  std::istringstream words(line);
  std::string name;
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  if (words >> name >> real >> effective) {
    return effective;
  }
  return std::nullopt;
}

// "7f0c…-7f0c… rw-s 00000000 00:01 3   /SYSV0000162f (deleted)": the inode of a segment is its shmid.
std::optional<MappedSegment> segment_in(const std::string& line, std::int32_t pid) {
  if (line.find(" /SYSV") == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream words(line);
  std::string range;
  std::string rights;
  std::string offset;
  std::string device;
  MappedSegment mapped{.pid = pid};
  if (!(words >> range >> rights >> offset >> device >> mapped.shmid) ||
      offset.find_first_not_of('0') != std::string::npos) {  // a part that was split off begins elsewhere
    return std::nullopt;
  }
  std::from_chars(range.data(), range.data() + range.size(), mapped.address, 16);
  return mapped;
}

}  // namespace

std::optional<std::string> process_name(std::int32_t pid) {
  std::ifstream file(proc(pid, "comm"));
  std::string name;
  if (!std::getline(file, name)) {
    return std::nullopt;
  }
  return escape_foreign(name);
}

std::optional<ProcessIds> process_ids(std::int32_t pid) {
  std::ifstream file(proc(pid, "status"));
  std::optional<std::uint32_t> uid;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Uid:")) {
      uid = effective(line);
    } else if (line.starts_with("Gid:")) {
      const std::optional<std::uint32_t> gid = effective(line);
      return uid && gid ? std::optional(ProcessIds{*uid, *gid}) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<bool> shares_our_segments(std::int32_t pid) {
  static const std::optional<ino_t> ours = ipc_namespace("/proc/self/ns/ipc");
  const std::optional<ino_t> theirs = ipc_namespace(proc(pid, "ns/ipc"));
  return ours && theirs ? std::optional(*ours == *theirs) : std::nullopt;
}

std::vector<MappedSegment> mapped_segments() {
  std::vector<MappedSegment> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename();
    std::int32_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid == ::getpid() ||
        !shares_our_segments(pid).value_or(false)) {
      continue;
    }
    std::ifstream maps(proc(pid, "maps"));
    for (std::string line; std::getline(maps, line);) {
      if (const std::optional<MappedSegment> mapped = segment_in(line, pid)) {
        found.push_back(*mapped);
      }
    }
  }
  return found;
}

}  // namespace shmbus::agent
