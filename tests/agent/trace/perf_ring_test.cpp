#include "agent/trace/perf_ring.hpp"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace shmbus::agent {
namespace {

// A ring in memory that this test writes as the kernel does: one page of control, one of records.
class PerfRingTest : public ::testing::Test {
 protected:
  PerfRingTest() {
    const int descriptor = ::memfd_create("ring", MFD_CLOEXEC);
    EXPECT_EQ(::ftruncate(descriptor, static_cast<off_t>(2 * page_)), 0);
    memory_ = static_cast<char*>(::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
    Result<PerfRing> mapped = PerfRing::map(UniqueFd(descriptor), 1);
    EXPECT_TRUE(mapped.ok());
    ring_.emplace(*std::move(mapped));
  }
  ~PerfRingTest() override { ::munmap(memory_, 2 * page_); }

  void write(std::uint32_t type, std::string body) {
    body.resize((body.size() + 7) / 8 * 8);
    perf_event_header header{};
    header.type = type;
    header.size = static_cast<std::uint16_t>(sizeof header + body.size());
    put(std::string_view(reinterpret_cast<const char*>(&header), sizeof header));
    put(body);
  }
  void write_lost(std::uint64_t number) {
    std::string body(16, '\0');
    std::memcpy(body.data() + 8, &number, sizeof number);
    write(PERF_RECORD_LOST, body);
  }
  // As many samples as there is room for; the kernel then drops the next ones.
  std::size_t fill() {
    std::size_t written = 0;
    for (; page_ - (control()->data_head - control()->data_tail) >= 128; ++written) {
      write(PERF_RECORD_SAMPLE, std::string(120, 'x'));
    }
    return written;
  }
  std::uint64_t read(const std::function<void()>& meanwhile = [] {}) {
    samples.clear();
    return ring_->read([&](std::span<const std::byte> sample) {
      meanwhile();
      samples.emplace_back(reinterpret_cast<const char*>(sample.data()), sample.size());
    });
  }

  std::vector<std::string> samples;

 private:
  [[nodiscard]] perf_event_mmap_page* control() const { return reinterpret_cast<perf_event_mmap_page*>(memory_); }
  void put(std::string_view bytes) {
    for (const char byte : bytes) {
      memory_[page_ + control()->data_head++ % page_] = byte;
    }
  }

  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  char* memory_ = nullptr;
  std::optional<PerfRing> ring_;
};

TEST_F(PerfRingTest, GivesEachSampleOnceInOrder) {
  EXPECT_EQ(read(), 0U);
  EXPECT_TRUE(samples.empty());
  write(PERF_RECORD_SAMPLE, "the 1st.");
  write(PERF_RECORD_THROTTLE, "not for us......");
  write(PERF_RECORD_SAMPLE, "the 2nd.");
  EXPECT_EQ(read(), 0U);
  EXPECT_EQ(samples, (std::vector<std::string>{"the 1st.", "the 2nd."}));
  EXPECT_EQ(read(), 0U);
  EXPECT_TRUE(samples.empty());
}

TEST_F(PerfRingTest, GivesSamplesThatWrapAroundItsEndWhole) {
  for (int i = 0; i < 1000; ++i) {
    const std::string body = std::to_string(100'000 + i) + "..";
    write(PERF_RECORD_SAMPLE, body);
    EXPECT_EQ(read(), 0U);
    EXPECT_EQ(samples, std::vector{body});
  }
}

TEST_F(PerfRingTest, TellsWhatTheKernelSaysWasLost) {
  write_lost(7);
  write(PERF_RECORD_SAMPLE, "the next");
  EXPECT_EQ(read(), 7U);
  EXPECT_EQ(samples, std::vector<std::string>{"the next"});
}

TEST_F(PerfRingTest, ThatIsFullHasLostWhatTheKernelSaysOnlyLater) {
  const std::size_t written = fill();
  EXPECT_EQ(read(), 1U);
  EXPECT_EQ(samples.size(), written);
  write_lost(3);
  write(PERF_RECORD_SAMPLE, "the next");
  EXPECT_EQ(read(), 0U) << "it was told";
  EXPECT_EQ(samples, std::vector<std::string>{"the next"});
  write_lost(2);
  EXPECT_EQ(read(), 2U);
}

TEST_F(PerfRingTest, ThatFillsWhileItIsReadHasLostToo) {
  write(PERF_RECORD_SAMPLE, "the 1st.");
  EXPECT_EQ(read([this] { fill(); }), 1U);
  EXPECT_EQ(samples, std::vector<std::string>{"the 1st."});
  EXPECT_EQ(read(), 1U) << "there was hardly room meanwhile";
  EXPECT_FALSE(samples.empty());
  EXPECT_EQ(read(), 0U);
}

TEST_F(PerfRingTest, ThatIsFullAgainHasLostAgain) {
  fill();
  EXPECT_EQ(read(), 1U);
  write_lost(3);
  fill();
  EXPECT_EQ(read(), 1U);
}

}  // namespace
}  // namespace shmbus::agent
