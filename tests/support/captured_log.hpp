// A capture of the log. While it exists, the default logger writes into memory, the text of each message alone.
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace shmbus {

class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>("captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    logger->set_pattern("%v");
    spdlog::set_default_logger(std::move(logger));
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  CapturedLog(CapturedLog&&) = delete;
  CapturedLog& operator=(CapturedLog&&) = delete;
  ~CapturedLog() { spdlog::set_default_logger(before_); }

  // Returns the lines logged since the last call.
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    std::istringstream all(std::exchange(text_, std::ostringstream()).str());
    for (std::string line; std::getline(all, line);) {
      lines.push_back(line);
    }
    return lines;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace shmbus
