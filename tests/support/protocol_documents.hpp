// The documents of the protocol, and the bytes of their examples.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace shmbus {

// Returns the text of a file of the source tree; the test fails if it cannot be read.
inline std::string source_text(const std::string& path) {
  const std::ifstream file(SHMBUS_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.is_open()) << "cannot read " << path;
  return text.str();
}

// Returns the page of an operation.
inline std::string page_of(std::string_view operation) {
  return source_text("protocol/operations/" + std::string(operation) + ".md");
}

// Returns the bytes of an example: of the "request" or of the "reply" of an operation.
inline std::string example_bytes(std::string_view operation, std::string_view direction) {
  std::istringstream text(
      source_text("tests/protocol/examples/" + std::string(operation) + "." + std::string(direction) + ".hex"));
  std::string bytes;
  for (std::string byte; text >> byte;) {
    bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
  }
  return bytes;
}

}  // namespace shmbus
