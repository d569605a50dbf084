// A file that a tool writes completely or not at all, with access for this user alone. A regular file of another user
// is never replaced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// Says how open() treats an existing file: to replace it at commit(), or to fail with kExists.
enum class ExistingFile : std::uint8_t { kReplace, kRefuse };

// The content is collected in a temporary file in the target's directory. commit() sets mode 0600, flushes the file to
// disk and gives it the final name in one step, so a reader finds the old file or the new one, even after a crash of
// the host. Without commit() the destructor removes the temporary file and the target stays as it was. Blocks of zeros
// become holes.
//
// open() chooses by the kind of the target:
// - no such file: it is created.
// - a regular file of this user: it is replaced, if it is writable.
// - a device, or a FIFO of this user: it is opened and written directly.
// - "-", or a path to /proc/self/fd/N such as /dev/stdout: a duplicate of that descriptor is written directly.
// - anything else: an error.
// Symbolic links are followed by the rules of locate(); with kRefuse a link as the last component counts as an existing
// file. For a target that is written directly commit() only closes the descriptor, and bytes that were written before a
// failure remain.
//
// Move-only, not thread-safe. After commit() only withdraw() and the destructor may be called.
class OutputFile {
 public:
  // Opens the target; "-" is stdout. Blocks on a FIFO until it has a reader. Errors, all with the path and the reason:
  // kPermissionDenied for another user's file, a link that is not followed and a file that cannot be written as one (a
  // socket, say); kExists with kRefuse; else kInternal with the errno.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path, ExistingFile existing = ExistingFile::kReplace);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Appends `data`. Errors: kInternal with the path and the reason.
  [[nodiscard]] Result<void> write(std::string_view data);

  // Completes the file, gives it the final name and closes it. Errors, all with the path: kExists if a file was created
  // under that name since open(), kPermissionDenied if one of the two files was exchanged since, else kInternal.
  [[nodiscard]] Result<void> commit();

  // Removes the file that commit() created. For files opened with kRefuse, when a later step fails and the whole is to
  // be undone; no effect before commit().
  void withdraw();

 private:
  OutputFile(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  static Result<OutputFile> open_descriptor(int descriptor, std::string path);
  static Result<OutputFile> open_as_it_is(const Location& place, std::string path);
  static Result<OutputFile> make_beside(Location place, std::string path, bool replaces);

  // True if a temporary file is written, false for a target that is written directly.
  [[nodiscard]] bool is_replacing() const { return place_.directory.valid(); }
  Result<void> append(std::string_view data);
  Result<void> take_new_name();
  Result<void> replace();

  UniqueFd file_;
  std::string path_;        // for messages
  Location place_;          // the final name; without a directory if the target is written directly
  std::string temporary_;   // the name until commit(); afterwards the replaced file's, if it is to be removed
  bool replaces_ = false;   // at open() a file of this user had the final name
  std::uint64_t size_ = 0;  // bytes written, holes included
};

// Writes a file whose whole content is `data`, replacing one of this user. Errors: as OutputFile.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view data);

}  // namespace shmbus
