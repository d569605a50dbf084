// A file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// What is written goes to a new file beside the one that is meant and takes its place, with its mode, at commit();
// without that it goes away with this. A symbolic link stays, what it points to is replaced. A device or a pipe is
// written as it is, and so is stdout, which "-" stands for.
class OutputFile {
 public:
  // Errors: kInternal with the path and the reason.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Errors: kInternal with the path and the reason.
  [[nodiscard]] Result<void> write(std::string_view data);
  [[nodiscard]] Result<void> commit();

 private:
  OutputFile(int fd, std::string path, std::string temporary);

  [[nodiscard]] Error failed(int errno_value) const;

  int fd_;
  std::string path_;
  std::string temporary_;  // "" if it is written as it is
};

}  // namespace shmbus
