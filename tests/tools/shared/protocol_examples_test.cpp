// The JSON on the pages of the operations is that of the bytes beside it.
#include <gtest/gtest.h>

#include <string>

#include "protocol/operations.hpp"
#include "tests/support/protocol_documents.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {
namespace {

std::string json_after(const std::string& page, const std::string& link) {
  const std::string fence = "```json\n";
  const std::size_t from = page.find(fence, page.find(link));
  return from == std::string::npos ? ""
                                   : page.substr(from + fence.size(), page.find("```", from + 1) - from - fence.size());
}

TEST(AnExample, ShowsItsBytesAsJson) {
  for (const OperationSpec& spec : operations()) {
    for (const std::string direction : {"request", "reply"}) {
      SCOPED_TRACE(std::string(spec.name) + " " + direction);
      const std::string link = "(../../tests/protocol/examples/" + std::string(spec.name) + "." + direction + ".hex)";
      const Result<Json> shown = parse_json(json_after(page_of(spec.name), link));
      const Result<Json> actual = json_from_msgpack(example_bytes(spec.name, direction));
      ASSERT_TRUE(shown.ok()) << shown.error().message;
      ASSERT_TRUE(actual.ok()) << actual.error().message;
      EXPECT_EQ(*shown, *actual) << "expected text:\n" << actual->dump();
    }
  }
}

}  // namespace
}  // namespace shmbus
