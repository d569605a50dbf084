// Follows an agent with the client library until a segment of kEndSize bytes appears, the end marker, then prints the
// state that results from the snapshot and the events. Usage: state_follower [KEY]. Endpoints come from the
// environment. Output: "following"; at the end "recovered N resyncs N" and a line for each segment: shmid key segsz uid
// gid mode nattch marked locked.
#include <algorithm>
#include <iostream>

#include "protocol/client/segment_table.hpp"

namespace shmbus {
namespace {

constexpr std::uint64_t kEndSize = 7777;
constexpr std::chrono::seconds kPatience{60};

bool has_end(const SegmentTable& table) {
  return std::any_of(table.segments().begin(), table.segments().end(),
                     [](const auto& entry) { return entry.second.shm_segsz == kEndSize; });
}

template <class T>
T value_of(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return *std::move(result);
}

void follow(std::optional<Key> key) {
  Client client = value_of(Client::open({value_of(find_endpoint(Channel::kCommands, "")), kPatience}));
  const std::unique_ptr<EventStream> stream = value_of(EventStream::open(
      {.events = value_of(find_endpoint(Channel::kEvents, "")), .shm_key = key, .connect_timeout = kPatience}, client));
  std::cout << "following" << std::endl;
  SegmentTable table;
  table.reset(*stream->snapshot());
  int resyncs = 0;
  while (!has_end(table)) {
    const StreamItem item = value_of(stream->next(Clock::now() + kPatience));
    resyncs += std::holds_alternative<Resync>(item) ? 1 : 0;
    table.apply(item);
  }
  std::cout << "recovered " << stream->recovered() << " resyncs " << resyncs << "\n";
  for (const auto& [shmid, segment] : table.segments()) {
    std::cout << shmid << " " << segment.shm_key << " " << segment.shm_segsz << " " << segment.uid << " " << segment.gid
              << " " << mode_digits(segment.mode) << " " << segment.shm_nattch << " " << segment.marked << " "
              << segment.locked << "\n";
  }
}

}  // namespace
}  // namespace shmbus

int main(int argc, char** argv) {
  try {
    shmbus::follow(argc > 1 ? std::optional(static_cast<shmbus::Key>(std::stoul(argv[1]))) : std::nullopt);
  } catch (const std::exception& error) {
    std::cerr << "state_follower: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
