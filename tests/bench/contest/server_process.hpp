// A program that runs beside the benchmark and ends with it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace shmbus::bench {

class ServerProcess {
 public:
  // Starts `arguments`, the first of which is the program's path, with `environment` ("NAME=value") and no other.
  // What it prints on stdout is read by wait_for(); stderr is ours. Throws std::system_error.
  explicit ServerProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~ServerProcess();  // asks it to end, and after 5 s makes it
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Returns the first line on its stdout that holds `text`. Throws if there is none within 20 s.
  std::string wait_for(const std::string& text);

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  std::string name_;
  pid_t pid_ = -1;
  int stdout_ = -1;
};

// A port of 127.0.0.1 that was free a moment ago.
[[nodiscard]] std::string free_tcp_endpoint();

}  // namespace shmbus::bench
