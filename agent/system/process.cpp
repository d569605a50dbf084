#include "agent/system/process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocol/number.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

std::string proc(std::int32_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

std::optional<ino_t> inode_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return status.st_ino;
}

std::optional<bool> is_same(std::optional<ino_t> ours, std::optional<ino_t> theirs) {
  return ours && theirs ? std::optional(*ours == *theirs) : std::nullopt;
}

// The line is "Uid:	real	effective	saved	file system"
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

// The start time is the 22nd field of /proc/PID/stat. The second field is in brackets and may contain anything.
std::optional<std::uint64_t> start_time(std::int32_t pid) {
  constexpr int kFieldsBetween = 19;  // the 3rd to the 21st
  std::ifstream file(proc(pid, "stat"));
  std::string line;
  std::getline(file, line, '\0');
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream words(line.substr(bracket + 1));
  std::string skipped;
  for (int field = 0; field < kFieldsBetween; ++field) {
    words >> skipped;
  }
  std::uint64_t start = 0;
  return words >> start ? std::optional(start) : std::nullopt;
}

std::optional<Identity> identity_in(const std::string& status_path) {
  std::ifstream file(status_path);
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  Identity identity;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Uid:")) {
      uid = effective(line);
    } else if (line.starts_with("Gid:")) {
      gid = effective(line);
    } else if (line.starts_with("Groups:")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      for (gid_t group = 0; words >> group;) {
        identity.groups.push_back(group);
      }
    } else if (line.starts_with("CapEff:") && uid && gid) {
      identity.uid = *uid;
      identity.gid = *gid;
      identity.capabilities = std::stoull(line.substr(line.find(':') + 1), nullptr, 16);
      return identity;
    }
  }
  return std::nullopt;
}

// The line is "7f0c…-7f0c… rw-s 00000000 00:01 3   /SYSV0000162f (deleted)". The inode of a segment is its shmid.
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
      offset.find_first_not_of('0') != std::string::npos) {  // the rest of a mapping that was split
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
  const std::optional<Identity> identity = identity_in(proc(pid, "status"));
  return identity ? std::optional(ProcessIds{identity->uid, identity->gid}) : std::nullopt;
}

std::optional<ProcessRights> process_rights(std::int32_t pid) {
  const std::optional<std::uint64_t> start = start_time(pid);
  std::optional<Identity> identity = identity_in(proc(pid, "status"));
  if (!start || !identity || start_time(pid) != start) {
    return std::nullopt;
  }
  return ProcessRights{.start_time = *start, .identity = *std::move(identity)};
}

std::optional<bool> shares_our_segments(std::int32_t pid) {
  static const std::optional<ino_t> ours = inode_of("/proc/self/ns/ipc");
  return is_same(ours, inode_of(proc(pid, "ns/ipc")));
}

std::optional<bool> shares_our_users(std::int32_t pid) {
  static const std::optional<ino_t> ours = inode_of("/proc/self/ns/user");
  return is_same(ours, inode_of(proc(pid, "ns/user")));
}

std::uint32_t overflow_uid() {
  static const std::uint32_t uid = [] {
    std::uint32_t number = 65534;  // the kernel's default
    std::ifstream("/proc/sys/kernel/overflowuid") >> number;
    return number;
  }();
  return uid;
}

std::vector<MappedSegment> mapped_segments() {
  std::vector<MappedSegment> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename();
    const std::optional<std::int32_t> pid = parse_number<std::int32_t>(name);
    if (!pid || *pid == ::getpid() || !shares_our_segments(*pid).value_or(false)) {
      continue;
    }
    std::ifstream maps(proc(*pid, "maps"));
    for (std::string line; std::getline(maps, line);) {
      if (const std::optional<MappedSegment> mapped = segment_in(line, *pid)) {
        found.push_back(*mapped);
      }
    }
  }
  return found;
}

}  // namespace shmbus::agent
