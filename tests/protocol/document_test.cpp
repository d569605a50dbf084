// PROTOCOL.md and the pages of the operations describe what the code does: their tables are compared with it, and the
// bytes of their examples are replayed. A failure prints the expected text, ready to be pasted.
#include <gtest/gtest.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/operations.hpp"
#include "tests/support/protocol_documents.hpp"

namespace shmbus {
namespace {

std::string row(std::initializer_list<std::string> cells) {
  std::string text;
  for (const std::string& cell : cells) {
    text += "| " + cell + (cell.empty() ? "" : " ");
  }
  return text + "|\n";
}

std::string quoted(std::string_view text) { return text.empty() ? "" : '`' + std::string(text) + '`'; }

std::string table_of(std::span<const FieldSpec> fields) {
  std::string table = "| field | type | default | required | help |\n|---|---|---|---|---|\n";
  for (const FieldSpec& field : fields) {
    table += row({quoted(field.name), describe_type(field), quoted(field.default_value), field.required ? "yes" : "",
                  std::string(field.help)});
  }
  return table;
}

std::string table_of_operations() {
  std::string table = "| operation | changes something | purpose |\n|---|---|---|\n";
  for (const OperationSpec& spec : operations()) {
    const std::string name(spec.name);
    table += row({"[" + name + "](operations/" + name + ".md)", spec.changes ? "yes" : "", std::string(spec.help)});
  }
  return table;
}

void expect_in(const std::string& text, const std::string& expected) {
  EXPECT_TRUE(text.find(expected) != std::string::npos) << "expected text:\n" << expected;
}

TEST(TheDocument, HasTheCommonFields) {
  expect_in(source_text("protocol/PROTOCOL.md"), "\n\n" + table_of(common_fields()) + "\n");
}

TEST(TheDocument, ListsTheOperations) {
  expect_in(source_text("protocol/PROTOCOL.md"), "\n## Operations\n\n" + table_of_operations() + "\n");
}

TEST(TheDocument, HasEveryErrorCodeWithItsExitStatus) {
  const std::string text = source_text("protocol/PROTOCOL.md");
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInterrupted); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    expect_in(text, "\n| `" + std::string(name_of(code)) + "` | " + std::to_string(exit_status_of(code)) + " | ");
  }
}

TEST(TheDocument, HasTheLimitsOfTheWire) {
  const std::string text = source_text("protocol/PROTOCOL.md");
  const auto of = [](std::uint64_t limit) { return std::to_string(limit); };
  for (const std::string& row : {
           "(max_data) | " + of(limits::kMaxDataBytes) + " bytes |",
           "one request | max_data + 65536 = " + of(limits::kMaxMessageBytes) + " bytes |",
           "one reply, one event | " + of(limits::kMaxReplyBytes) + " bytes, " + of(limits::kMaxEventBytes) +
               " bytes |",
           "`once` | " + of(limits::kMaxIdBytes) + " bytes, " + of(limits::kMinOnceBytes) + " to " +
               of(limits::kMaxOnceBytes) + " bytes |",
           "page of list or events | " + of(limits::kMaxBatchRequests) + "; " + of(limits::kMaxPage) + ", by default ",
           "`gid` | 2^53-1; " + of(limits::kMaxUid) + " |",
           "`lease_ms` | 1 to " + of(limits::kMaxLeaseMs) + ", ",
           "of an array | " + of(limits::kMaxRequestDepth) + " levels; " + of(limits::kMaxMapEntries) + ", " +
               of(limits::kMaxArrayEntries) + " |",
       }) {
    expect_in(text, row);
  }
}

TEST(ThePageOfAnOperation, OpensWithItsPurpose) {
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    const std::string opening = "# " + std::string(spec.name) + "\n\n" + std::string(spec.help) + "\n";
    EXPECT_TRUE(page_of(spec.name).starts_with(opening)) << "expected text:\n" << opening;
  }
}

TEST(ThePageOfAnOperation, ShowsItsCommandLine) {
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    expect_in(page_of(spec.name), "\n```sh\nshmbus-send " + std::string(spec.example) + "\n");
  }
}

TEST(ThePageOfAnOperation, HasItsFields) {
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    const std::string fields = spec.own_fields().empty()
                                   ? "There are no fields besides the [common ones](../PROTOCOL.md#requests).\n"
                                   : table_of(spec.own_fields());
    expect_in(page_of(spec.name), "\n## Request\n\n" + fields + "\n");
  }
}

TEST(ThePageOfAnOperation, LinksItsExamples) {
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    for (const std::string direction : {"request", "reply"}) {
      const std::string file = std::string(spec.name) + "." + direction + ".hex";
      expect_in(page_of(spec.name), "([" + file + "](../../tests/protocol/examples/" + file + ")):\n\n```json\n");
    }
  }
}

TEST(AnExample, HasBytesThatTheCodecReadsAndWrites) {
  for (const OperationSpec& spec : operations()) {
    SCOPED_TRACE(spec.name);
    const std::string request_bytes = example_bytes(spec.name, "request");
    const std::string reply_bytes = example_bytes(spec.name, "reply");

    const DecodedRequest decoded = decode_request(request_bytes);
    if (const auto* const error = std::get_if<Error>(&decoded.request)) {
      FAIL() << error->message;
    }
    const Request& request = std::get<Request>(decoded.request);
    EXPECT_EQ(spec_of(request.operation).name, spec.name);
    EXPECT_EQ(encode_request(request), request_bytes);

    const Result<Reply> reply = decode_reply(reply_bytes, request.operation);
    ASSERT_TRUE(reply.ok()) << reply.error().message;
    EXPECT_TRUE(reply->ok());
    EXPECT_EQ(encode_reply(*reply), reply_bytes);
  }
}

}  // namespace
}  // namespace shmbus
