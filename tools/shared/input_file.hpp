// A file or stream that a tool reads, in pieces of a size that the caller chooses or as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// An open file that is read from front to back. Move-only; the destructor closes the descriptor. For stdin it holds a
// duplicate, so stdin itself stays open. Not thread-safe.
class InputFile {
 public:
  // Opens `path` for reading; "-" is stdin. Blocks on a FIFO until it has a writer. Errors: kBadRequest with the path
  // and the reason. A directory opens, and fails at the first read.
  [[nodiscard]] static Result<InputFile> open(const std::string& path);

  // Fills `room` with the next bytes and returns their number, which is smaller than the room only at the end of the
  // file. Waits for a pipe or terminal until `interrupt_fd` (-1: none) is readable; bytes of an interrupted call are
  // lost. Errors: kBadRequest with the path and the reason, kInterrupted.
  [[nodiscard]] Result<std::size_t> read(std::span<char> room, int interrupt_fd);

  // Returns the number of bytes between the read position and the end of the file; nothing for pipes and devices, whose
  // size is unknown. The file may still grow or shrink afterwards.
  [[nodiscard]] std::optional<std::uint64_t> bytes_left() const;

 private:
  InputFile(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  UniqueFd file_;
  std::string path_;  // for messages; "stdin" for "-"
};

// Returns the first `most_bytes` of the file, or of stdin for "-". A longer file is cut without an error: a caller that
// must detect one asks for a byte more than its limit. Errors: as InputFile.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most_bytes);

}  // namespace shmbus
