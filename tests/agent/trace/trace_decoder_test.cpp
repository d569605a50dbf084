#include "agent/trace/trace_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace shmbus::agent {
namespace {

constexpr std::size_t kRawAt = 20;

std::uint64_t id_of(std::size_t row) { return 1000 + row; }

std::size_t row_named(std::string_view name) {
  const auto& rows = trace_rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [=](const TraceRow& row) { return row.name == name; });
  return static_cast<std::size_t>(found - rows.begin());
}

// As the kernel lays fields out: 8 bytes each, from 16 on.
Tracepoint tracepoint(std::size_t row) {
  Tracepoint made{.id = id_of(row), .format = {}};
  std::size_t offset = 16;
  for (const std::string& field : trace_rows()[row].fields) {
    made.format += "\tfield:long " + field + ";\toffset:" + std::to_string(offset) + ";\tsize:8;\tsigned:0;\n";
    offset += 8;
  }
  return made;
}

class ATraceDecoder : public ::testing::Test {
 protected:
  ATraceDecoder() {
    for (std::size_t row = 0; row < trace_rows().size(); ++row) {
      decoder.add(trace_rows()[row], tracepoint(row));
    }
  }

  static std::vector<std::byte> sample(std::size_t row, std::vector<std::uint64_t> fields) {
    std::vector<std::byte> bytes(kRawAt + 16 + 8 * fields.size());
    const std::array<std::int32_t, 2> ids{4711, 4712};
    const std::uint64_t time = 99;
    const auto id = static_cast<std::uint16_t>(id_of(row));
    std::memcpy(bytes.data(), ids.data(), sizeof ids);
    std::memcpy(bytes.data() + 8, &time, sizeof time);
    std::memcpy(bytes.data() + kRawAt, &id, sizeof id);
    if (!fields.empty()) {
      std::memcpy(bytes.data() + kRawAt + 16, fields.data(), 8 * fields.size());
    }
    return bytes;
  }

  std::optional<TraceRecord> decoded(std::string_view name, std::vector<std::uint64_t> fields) {
    return decoder.decode(sample(row_named(name), std::move(fields)));
  }

  TraceDecoder decoder;
};

TEST_F(ATraceDecoder, ReadsWhoAndWhen) {
  const auto record = decoded("syscalls/sys_enter_shmat", {3});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->call.pid, 4711);
  EXPECT_EQ(record->tid, 4712);
  EXPECT_EQ(record->call.time_ns, 99U);
  EXPECT_EQ(record->call.kind, TracedKind::kAttach);
  EXPECT_EQ(record->call.shmid, 3);
  EXPECT_EQ(record->phase, TracePhase::kBegin);
}

TEST_F(ATraceDecoder, ReadsTheArgumentsOfACreation) {
  const auto record = decoded("syscalls/sys_enter_shmget", {static_cast<std::uint64_t>(-5), 100, 01640});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->call.key, 4294967291U);
  EXPECT_EQ(record->call.size, 100U);
  EXPECT_EQ(record->call.mode, Mode{0640});
}

TEST_F(ATraceDecoder, TellsARemovalFromAChange) {
  EXPECT_EQ(decoded("syscalls/sys_enter_shmctl", {3, 0})->call.kind, TracedKind::kRemove);
  EXPECT_EQ(decoded("syscalls/sys_enter_shmctl", {3, 1})->call.kind, TracedKind::kSet);
  EXPECT_EQ(decoded("syscalls/sys_enter_shmctl", {3, 11})->call.kind, TracedKind::kSet);
}

TEST_F(ATraceDecoder, TellsAFailureFromAnAddress) {
  EXPECT_TRUE(decoded("syscalls/sys_exit_shmat", {static_cast<std::uint64_t>(-13)})->failed);
  const auto address = decoded("syscalls/sys_exit_shmat", {0x7fffdeadb000});
  EXPECT_FALSE(address->failed);
  EXPECT_EQ(address->call.address, 0x7fffdeadb000U);
}

TEST_F(ATraceDecoder, TakesTheEndOfAProcessOnlyWhenTheWholeProcessEnds) {
  EXPECT_FALSE(decoded("sched/sched_process_exit", {0}));
  EXPECT_TRUE(decoded("sched/sched_process_exit", {1}));
}

TEST_F(ATraceDecoder, PassesOverWhatItDoesNotKnow) {
  EXPECT_FALSE(decoder.decode({}));
  EXPECT_FALSE(decoder.decode(sample(trace_rows().size(), {})));
}

TEST_F(ATraceDecoder, StandsAnyBytes) {
  std::mt19937 chance(5679);
  for (int i = 0; i < 200'000; ++i) {
    std::vector<std::byte> bytes = sample(chance() % trace_rows().size(), {chance(), chance(), chance()});
    for (unsigned changes = chance() % 8; changes > 0; --changes) {
      bytes[chance() % bytes.size()] = static_cast<std::byte>(chance());
    }
    bytes.resize(chance() % (bytes.size() + 1));
    if (const auto record = decoder.decode(bytes)) {
      EXPECT_LE(static_cast<int>(record->call.kind), static_cast<int>(TracedKind::kExit));
    }
  }
}

TEST(ATracepoint, FindsItsFieldsInTheKernelsFormat) {
  const Tracepoint exit{.id = 1,
                        .format =
                            "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
                            "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
                            "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"};
  EXPECT_EQ(exit.offset_of("pid"), 24U);
  EXPECT_EQ(exit.offset_of("comm"), 8U);
  EXPECT_EQ(exit.offset_of("group_dead"), Tracepoint::kAbsent);
}

}  // namespace
}  // namespace shmbus::agent
