// A client of what speaks HTTP/1.1 or Redis' protocol (RESP2), as small as it can be, so that the server is measured.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shmbus::bench {

// One connection that is kept. Throws std::runtime_error for an answer that tells of a failure, and if none comes
// within 30 s.
class StreamClient {
 public:
  // A path of a unix socket, where Redis answers, or a port of 127.0.0.1, where a web service does.
  explicit StreamClient(const std::string& path);
  explicit StreamClient(int port);
  ~StreamClient();
  StreamClient(StreamClient&& other) noexcept;
  StreamClient& operator=(StreamClient&&) = delete;
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  // Both return when all is handed to the kernel.
  void send(std::string_view bytes);
  // Takes one whole answer and drops it.
  void receive() { http_ ? receive_http() : receive_resp(); }

  void ask(std::string_view request) {
    send(request);
    receive();
  }

 private:
  void set_patience() const;
  void receive_http();
  void receive_resp();
  std::string line();  // without CR LF
  void skip(std::size_t count);
  void fill();  // reads what there is, and waits if there is nothing

  int fd_ = -1;
  bool http_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// A command as Redis takes it, and a request as a web service does.
[[nodiscard]] std::string redis_command(const std::vector<std::string_view>& words);
[[nodiscard]] std::string http_request(const std::string& method, const std::string& path, const std::string& json);

}  // namespace shmbus::bench
