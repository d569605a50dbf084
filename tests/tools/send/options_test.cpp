#include "tools/send/options.hpp"

#include <gtest/gtest.h>

#include "tools/send/request.hpp"
#include "tools/watch/options.hpp"

namespace shmbus {
namespace {

std::variant<SendOptions, int> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "shmbus-send");
  return parse_send_options(static_cast<int>(arguments.size()), arguments.data());
}

std::string request_of(const std::vector<const char*>& arguments) {
  const auto parsed = parse(arguments);
  if (const int* status = std::get_if<int>(&parsed)) {
    return "exit " + std::to_string(*status);
  }
  const Result<Json> request = build_request(std::get<SendOptions>(parsed));
  return request ? to_line(*request) : request.error().message;
}

TEST(SendOptions, MakeTheRequest) {
  EXPECT_EQ(request_of({"create", "--key", "5679", "--size", "4K", "--mode", "666", "--exclusive"}),
            R"({"op":"create","mode":"666","shm_key":"5679","shm_segsz":4096,"exclusive":true})");
  EXPECT_EQ(request_of({"attach", "--shmid", "0", "--lease", "1.5", "--read-only"}),
            R"({"op":"attach","lease_ms":1500,"shm_shmid":"0","read_only":true})");
  EXPECT_EQ(request_of({"set", "--key", "0x162f", "--uid", "root", "--gid", "7"}),
            R"({"op":"set","gid":7,"shm_key":"0x162f","uid":0})");
  EXPECT_EQ(request_of({"write", "--key", "-5", "--data", "--json", "--text"}),
            R"({"op":"write","data":"--json","shm_key":"-5","text":true})");
  EXPECT_EQ(request_of({"batch", "/dev/null", "--keep-going", "--id", "7"}),
            R"({"op":"batch","id":7,"stop_on_error":false,"requests":[]})");
  EXPECT_EQ(request_of({"raw", R"([1,{"op":"stat"}])"}), R"([1,{"op":"stat"}])");
}

TEST(SendOptions, SayWhatIsWrong) {
  EXPECT_EQ(request_of({"create", "--key", "1", "--size", "4X"}),
            "--size: '4X' is not a number of bytes: write 4096, 4K, 1M or 1G, for example");
  EXPECT_EQ(request_of({"set", "--uid", "no such user"}), "--uid: unknown user 'no such user'");
  EXPECT_EQ(request_of({"create"}), "exit 2");
  EXPECT_EQ(request_of({"fly"}), "exit 2");
  EXPECT_EQ(request_of({}), "exit 2");
  EXPECT_EQ(request_of({"stat", "--once", "1234567890123456"}), "exit 2");
}

// Returns the first line on stderr for a wrong command line.
std::string message_for(const std::vector<const char*>& arguments) {
  testing::internal::CaptureStderr();
  const std::string outcome = request_of(arguments);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(outcome, "exit 2");
  return text.substr(0, text.find('\n'));
}

TEST(SendOptions, NameTheArgumentThatIsWrong) {
  EXPECT_EQ(message_for({"fly"}), "shmbus-send: unknown command 'fly'");
  EXPECT_EQ(message_for({"stat", "--kye", "5"}), "shmbus-send: unknown option '--kye'");
  EXPECT_EQ(message_for({"stat", "set"}), "shmbus-send: unexpected argument 'set'");
  EXPECT_EQ(message_for({"stat", "--key"}), "shmbus-send: --key needs a value");
  EXPECT_EQ(message_for({"ping", "--timeout"}), "shmbus-send: --timeout needs a value");
  EXPECT_EQ(message_for({"stat", "--key", "1", "--key", "2"}), "shmbus-send: --key can be given only once");
  EXPECT_EQ(message_for({"ping", "--timeout", "abc"}),
            "shmbus-send: --timeout: 'abc' is not a number of seconds from 0.001 to 1000000");
  EXPECT_EQ(message_for({"write", "--key", "1", "--data", "a", "--data-file", "b"}),
            "shmbus-send: --data and --data-file cannot be used together");
}

TEST(SendOptions, SuggestTheNearestCommand) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(request_of({"craete", "--key", "5"}), "exit 2");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "shmbus-send: unknown command 'craete'\n  did you mean create?\n");
}

TEST(SendOptions, StandBeforeOrAfterTheOperation) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--json", "--timeout", "0.5", "ping"}, {"ping", "--timeout", "0.5", "--json"}}) {
    const auto parsed = parse(arguments);
    ASSERT_TRUE(std::holds_alternative<SendOptions>(parsed));
    EXPECT_TRUE(std::get<SendOptions>(parsed).json);
    EXPECT_EQ(std::get<SendOptions>(parsed).timeout.count(), 500);
  }
}

TEST(SendOptions, KnowEveryOperation) {
  for (const OperationSpec& operation : operations()) {
    const std::string name(operation.name);
    EXPECT_EQ(request_of({name.c_str(), "--help"}), "exit 0") << name;
  }
}

TEST(Size, HasBinarySuffixes) {
  EXPECT_EQ(*parse_size("0"), 0U);
  EXPECT_EQ(*parse_size("4k"), 4096U);
  EXPECT_EQ(*parse_size("1M"), 1048576U);
  for (const char* wrong : {"", "K", "-1", "1.5K", "99999999999999999999", "18446744073709551615K"}) {
    EXPECT_FALSE(parse_size(wrong).ok()) << wrong;
  }
}

std::variant<WatchOptions, int> parse_watch(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "shmbus-watch");
  return parse_watch_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(WatchOptions, FilterEvents) {
  const auto parsed = parse_watch({"--key", "0x162f", "--event", "created", "--event", "set"});
  ASSERT_TRUE(std::holds_alternative<WatchOptions>(parsed));
  const auto& options = std::get<WatchOptions>(parsed);
  Event event;
  event.shm_key = 5679;
  EXPECT_TRUE(wants(options, event));
  event.kind = EventKind::kRemoved;
  EXPECT_FALSE(wants(options, event));
  event.kind = EventKind::kSet;
  event.shm_key = 1;
  EXPECT_FALSE(wants(options, event));
}

TEST(WatchOptions, WaitForAConditionOnASegment) {
  const auto parsed = parse_watch({"--wait", "gone", "--shmid", "0", "--timeout", "0.5"});
  ASSERT_TRUE(std::holds_alternative<WatchOptions>(parsed));
  const auto& options = std::get<WatchOptions>(parsed);
  ASSERT_TRUE(options.wait);
  EXPECT_TRUE(options.wait->holds(nullptr));
  EXPECT_EQ(options.shm_shmid, 0);
}

TEST(WatchOptions, SayWhatIsWrong) {
  const std::vector<std::vector<const char*>> wrong{{"--wait", "exists"},
                                                    {"--wait", "", "--key", "1"},
                                                    {"--wait", "nattch", "--key", "1"},
                                                    {"--wait", "exists", "--key", "1", "--count", "1"},
                                                    {"--wait", "exists", "--key", "1", "--event", "set"},
                                                    {"--wait", "exists", "--key", "1", "--exec", "true"},
                                                    {"--wait", "exists", "--key", "1", "--since-file", "x"}};
  for (const std::vector<const char*>& arguments : wrong) {
    const auto parsed = parse_watch(arguments);
    ASSERT_TRUE(std::holds_alternative<int>(parsed)) << arguments.back();
    EXPECT_EQ(std::get<int>(parsed), 2);
  }
  EXPECT_EQ(std::get<int>(parse_watch({"--help"})), 0);
}

}  // namespace
}  // namespace shmbus
