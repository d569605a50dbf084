#include "tools/watch/command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/temporary_directory.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kMostOutput = 1 << 20;

Event event() {
  Event made;
  made.kind = EventKind::kSet;
  made.epoch = 5133;
  made.seq = 42;
  made.time_ns = 7;
  made.host = "db1";
  made.shm_key = 5679;
  made.shm_shmid = 3;
  return made;
}

class Command : public testing::Test {
 protected:
  // What `command` writes to "$OUT".
  std::string output_of(const std::string& command, const Event& about = event(), const std::string& document = "{}") {
    setenv("OUT", directory.file("out").c_str(), 1);
    const Result<CommandStatus> status = run_command(command, about, document);
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_EQ(*status, 0);
    return *read_file(directory.file("out"), kMostOutput);
  }

  const TemporaryDirectory directory;
};

TEST_F(Command, HasTheEventInItsEnvironment) {
  EXPECT_EQ(output_of("echo $SHMBUS_EVENT $SHMBUS_EPOCH $SHMBUS_SEQ $SHMBUS_TIME_NS $SHMBUS_HOST $SHMBUS_KEY "
                      "$SHMBUS_SHMID $SHMBUS_SOURCE >\"$OUT\""),
            "set 5133 42 7 db1 5679 3 kernel\n");
}

TEST_F(Command, KnowsWhoDidItAsFarAsThatIsKnown) {
  setenv("SHMBUS_UID", "from a watcher above", 1);
  Event known = event();
  EXPECT_EQ(output_of("echo ${SHMBUS_UID-none} ${SHMBUS_PID-none} >\"$OUT\""), "none none\n");
  known.actor = {.uid = 1000, .gid = 100, .pid = 4711, .comm = "x", .principal = "uid:1000"};
  EXPECT_EQ(output_of("echo $SHMBUS_UID $SHMBUS_GID $SHMBUS_PID $SHMBUS_COMM $SHMBUS_PRINCIPAL >\"$OUT\"", known),
            "1000 100 4711 x uid:1000\n");
  EXPECT_THAT(environment_of(event()), Not(Contains(StartsWith("SHMBUS_UID="))));
  unsetenv("SHMBUS_UID");
}

TEST_F(Command, KeepsTheRestOfTheEnvironment) {
  setenv("SHMBUS_EVENTS", "ipc:///an/endpoint", 1);
  EXPECT_EQ(output_of("echo $SHMBUS_EVENTS >\"$OUT\""), "ipc:///an/endpoint\n");
  unsetenv("SHMBUS_EVENTS");
}

TEST_F(Command, DoesNotCarryOutWhatTheEventSays) {
  Event hostile = event();
  hostile.actor.comm = "$(echo bad >\"$OUT\"); `echo bad`\n";
  EXPECT_EQ(output_of("echo \"$SHMBUS_COMM\" >\"$OUT\"", hostile), "$(echo bad >\"$OUT\"); `echo bad`\n\n");
}

TEST_F(Command, HasTheDocumentOnItsStdinHoweverLarge) {
  const std::string document = std::string(500'000, 'x').append("\n");
  EXPECT_EQ(output_of("cat >\"$OUT\"", event(), document), document);
  EXPECT_EQ(output_of("echo read nothing >\"$OUT\"", event(), document), "read nothing\n");
}

TEST_F(Command, EndsWithItsStatusOrTheSignalThatEndedIt) {
  EXPECT_EQ(*run_command("exit 3", event(), ""), 3);
  EXPECT_EQ(*run_command("kill -9 $$", event(), ""), 128 + SIGKILL);
  EXPECT_EQ(*run_command("no-such-command 2>/dev/null", event(), ""), 127);
  EXPECT_EQ(*run_command("-- 2>/dev/null", event(), ""), 127) << "it is no option of the shell's";
}

TEST_F(Command, IsInterruptedThoughWeHoldTheSignalBack) {
  const InterruptSignal interrupt;
  EXPECT_EQ(*run_command("kill -INT $$; exit 1", event(), ""), 128 + SIGINT);
  EXPECT_FALSE(interrupt.has_come()) << "that was the command's own";
  raise(SIGINT);
  EXPECT_TRUE(interrupt.has_come());
}

TEST_F(Command, ThatCannotBeStartedIsAnError) {
  const Result<CommandStatus> status = run_command(std::string(8 << 20, ' '), event(), "");  // execve(2): E2BIG
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
  EXPECT_THAT(status.error().message, HasSubstr("/bin/sh"));
}

}  // namespace
}  // namespace shmbus
