// A file that a tool writes: whole or not at all, for this user alone, and never another user's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// What becomes of a file of this user's that is there already.
enum class ExistingFile : std::uint8_t { kReplace, kRefuse };

// The content goes to a new file in the same directory, which takes the name at commit(), on the disk and with mode
// 0600; without commit() it goes away with this object. Blocks of zeros become holes. Only this user's own regular file
// is replaced. A device and this user's own FIFO are written as they are, and so are descriptors of this process: "-"
// and what leads to /proc/self/fd/N, such as /dev/stdout. Links are followed as locate() does, but for a file that
// must be new.
class OutputFile {
 public:
  // Waits for the reader of a FIFO. Errors: kPermissionDenied for what is not this user's and for a link that is not
  // followed, kExists, else kInternal with the errno; all with the path and the reason.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path, ExistingFile existing = ExistingFile::kReplace);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Errors: kInternal with the path and the reason, kExists if another file has taken the name meanwhile.
  [[nodiscard]] Result<void> write(std::string_view data);
  [[nodiscard]] Result<void> commit();

  // Removes again what commit() put there.
  void withdraw();

 private:
  OutputFile(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  static Result<OutputFile> open_descriptor(int descriptor, std::string path);
  static Result<OutputFile> open_as_it_is(const Location& place, std::string path);
  static Result<OutputFile> make_beside(Location place, std::string path, bool replaces);

  [[nodiscard]] bool is_replacing() const { return place_.directory.valid(); }
  Result<void> append(std::string_view data);
  Result<void> take_new_name();
  Result<void> replace();

  UniqueFd file_;
  std::string path_;        // for messages
  Location place_;          // the final name; no directory if the file is written as it is
  std::string temporary_;   // the name until commit()
  bool replaces_ = false;   // a file of ours has the final name
  std::uint64_t size_ = 0;  // bytes written, holes included
};

// `data` as the whole of the file. Errors: as OutputFile.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view data);

}  // namespace shmbus
