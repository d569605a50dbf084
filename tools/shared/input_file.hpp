// A file that a tool reads: piece by piece, or as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

class InputFile {
 public:
  // "-" is stdin. Errors: kBadRequest with the path and the reason.
  [[nodiscard]] static Result<InputFile> open(const std::string& path);

  // Fills `room` with what comes next; less only at the end. Waits for a pipe, until `interrupt_fd` (-1: none) is
  // readable. Errors: kBadRequest with the path and the reason, kInterrupted.
  [[nodiscard]] Result<std::size_t> read(std::span<char> room, int interrupt_fd);

  // How many bytes are left, as far as that can be known: of a file, not of a pipe.
  [[nodiscard]] std::optional<std::uint64_t> bytes_left() const;

 private:
  InputFile(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  UniqueFd file_;
  std::string path_;  // for messages
};

// The file, or stdin for "-", up to `most_bytes`. Errors: as InputFile.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most_bytes);

}  // namespace shmbus
