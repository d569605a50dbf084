// What a request costs in allocations, on the real kernel: counted by an operator new of this program. libzmq takes its
// messages by malloc, which is not counted.
#include <array>
#include <cstdlib>
#include <new>

#include "agent/kernel/sysv_kernel.hpp"
#include "tests/support/agent_fixture.hpp"

namespace {

std::size_t allocations = 0;  // since the start; the tests have one thread that counts

}  // namespace

// Not inlined, or the compiler sees memory of malloc() where it expects that of new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace shmbus::agent {
namespace {

class SteadyState : public AgentOn<SysvKernel> {
 protected:
  // How many one of these operations takes, done in turn and often, when the journal is full.
  template <class... Operations>
  double allocations_of(const Operations&... operations) {
    constexpr std::size_t kRequests = 2000;
    const std::array frames{encode_request(request_of(operations))...};
    const Result<Caller> admitted(caller);
    const Sender sender{.caller = admitted, .peer = {}, .endpoint = "inproc://commands"};
    std::size_t before = 0;
    for (std::size_t i = 0; i < 2 * kRequests; ++i) {
      before = i == kRequests ? allocations : before;
      dispatcher.handle(frames[i % frames.size()], sender, now);
    }
    return static_cast<double>(allocations - before) / static_cast<double>(kRequests);
  }
};

TEST_F(SteadyState, AStatAllocatesNothing) {
  const ShmId shmid = create();
  EXPECT_EQ(allocations_of(StatRequest{by_id(shmid)}), 0);
  EXPECT_EQ(allocations_of(StatRequest{by_key(kKey)}), 0);
}

TEST_F(SteadyState, AWriteThroughAnAttachmentAllocatesNothing) {
  WriteRequest request;
  request.attachment = done(AttachRequest{.segment = by_id(create())}).attachment;
  const std::string data(64, 'x');
  request.data = data;
  EXPECT_EQ(allocations_of(request), 0);
}

TEST_F(SteadyState, ASetAllocatesNothing) {
  SetRequest opened{.segment = by_id(create()), .uid = {}, .gid = {}, .mode = Mode{0644}};
  SetRequest closed = opened;
  closed.mode = Mode{0600};
  const std::uint64_t before = journal.seq();
  EXPECT_EQ(allocations_of(opened, closed), 0);
  EXPECT_GE(journal.seq() - before, 4000U);  // each was an event
}

}  // namespace
}  // namespace shmbus::agent
