#include "protocol/endpoint/open_directory.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "protocol/text.hpp"

namespace shmbus {
namespace {

constexpr int kMostLinks = 40;  // the kernel's limit: path_resolution(7)

Error failed(const std::string& path, int errno_value) { return errno_error(errno_value, escape_foreign(path)); }

Error not_followed(const std::string& path, uid_t owner) {
  return {ErrorCode::kPermissionDenied,
          escape_foreign(path) + " is a symbolic link owned by uid " + std::to_string(owner) +
              ", which is not followed because other users can replace it",
          "give the path of its target", ELOOP};
}

// Splits a path into its components; one that ends in a slash gets a last ".".
std::deque<std::string> components_of(std::string_view path) {
  std::deque<std::string> components;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) {
      components.emplace_back(path.substr(0, slash));
    }
    if (slash == std::string_view::npos) {
      return components;
    }
    path.remove_prefix(slash + 1);
  }
  components.emplace_back(".");
  return components;
}

Result<std::string> target_of(int link, const std::string& shown) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
  if (length < 0) {
    return failed(shown, errno);
  }
  return std::string(target.data(), static_cast<std::size_t>(length));
}

class Walk {
 public:
  Walk(const std::string& path, LastLink last_link, const DirectoryCheck& check)
      : last_link_(last_link), check_(check), rest_(components_of(path)) {}

  Result<void> start_at(const char* directory) {
    shown_ = std::string(directory);  // from a plain pointer g++ 12 warns of an overlap (PR105329)
    return enter(UniqueFd(::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)));
  }

  Result<Location> go() {
    while (rest_.size() > 1 || last_link_ == LastLink::kFollow) {
      const Result<bool> arrived = step();
      if (!arrived) {
        return arrived.error();
      }
      if (*arrived) {
        break;
      }
    }
    return Location{std::move(directory_), std::move(rest_.front())};
  }

 private:
  // Goes one component further. Returns true at the last component if it is not a link to follow; it stays in `rest_`.
  Result<bool> step() {
    const std::string name = rest_.front();
    const bool is_last = rest_.size() == 1;
    const std::string shown = shown_ == "." ? name : shown_ + (shown_.ends_with('/') ? "" : "/") + name;
    UniqueFd entry = open_entry(name, is_last);
    struct stat status {};
    if (!entry || ::fstat(entry.get(), &status) != 0) {
      return is_last && errno == ENOENT ? Result<bool>(true) : failed(shown, errno);
    }
    if (S_ISLNK(status.st_mode) && is_last && has_kernels_links()) {
      return true;
    }
    if (S_ISLNK(status.st_mode)) {
      Result<void> followed = follow(entry.get(), status, shown);
      return followed ? Result<bool>(false) : std::move(followed).error();
    }
    if (is_last) {
      return true;
    }
    if (!S_ISDIR(status.st_mode)) {
      return failed(shown, ENOTDIR);
    }
    rest_.pop_front();
    shown_ = shown;
    Result<void> entered = enter(std::move(entry));
    return entered ? Result<bool>(false) : std::move(entered).error();
  }

  // Opens the entry as a directory where possible, since only that triggers an automount.
  [[nodiscard]] UniqueFd open_entry(const std::string& name, bool is_last) const {
    constexpr int kEntry = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd entry(is_last ? -1 : ::openat(directory_.get(), name.c_str(), kEntry | O_DIRECTORY));
    return entry ? std::move(entry) : UniqueFd(::openat(directory_.get(), name.c_str(), kEntry));
  }

  // Returns whether the directory is in /proc below its top. At the top, links such as "self" are ordinary ones.
  [[nodiscard]] bool has_kernels_links() const {
    struct statfs system {};
    struct stat status {};
    constexpr ino_t kTop = 1;
    return ::fstatfs(directory_.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC &&
           ::fstat(directory_.get(), &status) == 0 && status.st_ino != kTop;
  }

  [[nodiscard]] bool is_trusted(uid_t uid) const {
    return is_us_or_root(uid) || (uid == owner_of_root_ && shown_.rfind('/') == 0);
  }

  // Replaces a link among the components by those of its target.
  Result<void> follow(int link, const struct stat& status, const std::string& shown) {
    struct stat around {};
    if (::fstat(directory_.get(), &around) != 0) {
      return failed(shown_, errno);
    }
    const bool is_written_by_others = (around.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (!is_trusted(status.st_uid) || !is_trusted(around.st_uid) || is_written_by_others || has_kernels_links()) {
      return not_followed(shown, status.st_uid);
    }
    if (++links_ > kMostLinks) {
      return failed(shown, ELOOP);
    }
    const Result<std::string> target = target_of(link, shown);
    if (!target) {
      return target.error();
    }
    rest_.pop_front();
    const std::deque<std::string> components = components_of(*target);
    rest_.insert(rest_.begin(), components.begin(), components.end());
    return target->starts_with('/') ? start_at("/") : Result<void>();
  }

  Result<void> enter(UniqueFd directory) {
    struct stat status {};
    if (!directory || ::fstat(directory.get(), &status) != 0) {
      return failed(shown_, errno);
    }
    directory_ = std::move(directory);
    owner_of_root_ = shown_ == "/" ? status.st_uid : owner_of_root_;
    return check_ ? check_(shown_, status) : Result<void>();
  }

  const LastLink last_link_;
  const DirectoryCheck& check_;
  std::deque<std::string> rest_;  // never empty
  UniqueFd directory_;
  std::string shown_;  // the name of directory_, for messages
  int links_ = 0;
  uid_t owner_of_root_ = 0;
};

}  // namespace

Result<Location> locate(const std::string& path, LastLink last_link, const DirectoryCheck& check) {
  if (path.empty()) {
    return failed("''", ENOENT);
  }
  std::string from_root = path;
  if (check && !path.starts_with('/')) {
    std::error_code error;
    from_root = std::filesystem::absolute(path, error);
    if (error) {
      return failed(path, error.value());
    }
  }
  Walk walk(from_root, last_link, check);
  if (Result<void> started = walk.start_at(from_root.starts_with('/') ? "/" : "."); !started) {
    return std::move(started).error();
  }
  return walk.go();
}

bool is_us_or_root(uid_t uid) { return uid == 0 || uid == ::geteuid(); }

bool is_written_by_us_alone(const struct stat& directory) {
  return is_us_or_root(directory.st_uid) && (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::string path_of_descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace shmbus
