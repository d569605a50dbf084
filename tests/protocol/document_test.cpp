// PROTOCOL.md says what the code does: its bytes are replayed, its tables compared.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/operations.hpp"

namespace shmbus {
namespace {

using Examples = std::map<std::pair<std::string, std::string>, std::string>;  // {"request", "stat"}: bytes

std::string text_of_file(const char* path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string document() { return text_of_file(SHMBUS_SOURCE_DIR "/protocol/PROTOCOL.md"); }

// "```hex request OP", lines of hexadecimal digits, "```".
Examples examples() {
  Examples found;
  std::istringstream text(document());
  std::string line;
  while (std::getline(text, line)) {
    std::istringstream heading(line);
    std::string fence;
    std::string direction;
    std::string operation;
    if (!(heading >> fence >> direction >> operation) || fence != "```hex") {
      continue;
    }
    std::string& bytes = found[{direction, operation}];
    EXPECT_EQ(bytes, "") << direction << " of " << operation << " is there twice";
    while (std::getline(text, line) && line != "```") {
      std::istringstream row(line);
      for (std::string byte; row >> byte;) {
        bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
      }
    }
  }
  return found;
}

std::string row(std::string_view operation, std::string_view field, std::string_view type,
                std::string_view default_value, std::string_view required, std::string_view help) {
  std::string cells;
  for (const std::string_view cell : {operation, field, type, default_value, required, help}) {
    cells += "| " + std::string(cell) + (cell.empty() ? "" : " ");
  }
  return cells + "|\n";
}

std::string quoted(std::string_view text) { return text.empty() ? "" : '`' + std::string(text) + '`'; }

std::string row_of(std::string_view operation, const FieldSpec& field) {
  return row(operation, quoted(field.name), describe_type(field), quoted(field.default_value),
             field.required ? "yes" : "", field.help);
}

std::string rendered_table() {
  std::string table = "| operation | field | type | default | required | help |\n|---|---|---|---|---|---|\n";
  for (const FieldSpec& field : common_fields()) {
    table += row_of("every", field);
  }
  for (const OperationSpec& spec : operations()) {
    table +=
        row("**" + std::string(spec.name) + "**", "", spec.changes ? "changes" : "changes nothing", "", "", spec.help);
    for (const FieldSpec& field : spec.own_fields()) {
      table += row_of(spec.name, field);
    }
  }
  return table;
}

TEST(TheDocument, HasARequestAndAReplyOfEveryOperation) {
  const Examples all = examples();
  EXPECT_EQ(all.size(), 2 * operations().size());
  for (const OperationSpec& spec : operations()) {
    EXPECT_TRUE(all.contains({"request", std::string(spec.name)})) << spec.name;
    EXPECT_TRUE(all.contains({"reply", std::string(spec.name)})) << spec.name;
  }
}

TEST(TheDocument, ShowsBytesThatTheCodecReadsAndWrites) {
  const Examples all = examples();
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    const auto request_bytes = all.find({"request", std::string(spec.name)});
    const auto reply_bytes = all.find({"reply", std::string(spec.name)});
    ASSERT_TRUE(request_bytes != all.end() && reply_bytes != all.end());

    const DecodedRequest decoded = decode_request(request_bytes->second);
    if (const auto* const error = std::get_if<Error>(&decoded.request)) {
      FAIL() << error->message;
    }
    const Request& request = std::get<Request>(decoded.request);
    EXPECT_EQ(spec_of(request.operation).name, spec.name);
    EXPECT_EQ(encode_request(request), request_bytes->second);

    const Result<Reply> reply = decode_reply(reply_bytes->second, request.operation);
    ASSERT_TRUE(reply.ok()) << reply.error().message;
    EXPECT_TRUE(reply->ok());
    EXPECT_EQ(encode_reply(*reply), reply_bytes->second);
  }
}

TEST(TheDocument, HasTheTableOfOperations) {
  const std::string text = document();
  const std::string begin = "<!-- operations -->\n";
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find("<!-- /operations -->");
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
  EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), rendered_table());
}

TEST(TheDocument, HasEveryErrorCodeWithItsExitStatus) {
  const std::string text = document();
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInterrupted); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const std::string row =
        "\n| `" + std::string(name_of(code)) + "` | " + std::to_string(exit_status_of(code)) + " | ";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace shmbus
