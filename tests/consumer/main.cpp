// Makes a segment by the client library, writes and reads it, sends a frame of its own, and follows the events of the
// segment until it is gone. Prints "consumer: done".
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>

#include "protocol/client/client.hpp"
#include "protocol/client/endpoints.hpp"
#include "protocol/client/event_stream.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/commands.hpp"

namespace {

using namespace std::chrono_literals;

constexpr shmbus::Key kKey = 0x636f6e73;
constexpr std::chrono::seconds kPatience = 20s;

template <class T>
T value_of(shmbus::Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return *std::move(result);
}

void require(bool holds, const std::string& what) {
  if (!holds) {
    throw std::runtime_error("not so: " + what);
  }
}

void tell_the_story() {
  using namespace shmbus;
  Client client = value_of(Client::open({value_of(find_endpoint(Channel::kCommands, "")), kPatience}));
  const std::unique_ptr<EventStream> events = value_of(EventStream::open(
      {.events = value_of(find_endpoint(Channel::kEvents, "")), .shm_key = kKey, .connect_timeout = kPatience},
      client));

  const CreateResult made = value_of(client.call(CreateRequest{.shm_key = kKey, .shm_segsz = 64}));
  const SegmentRef segment{kKey, made.shm_shmid};
  require(value_of(client.call(WriteRequest{.segment = segment, .data = "from outside"})).length == 12,
          "all is written");
  const ReadResult read = value_of(client.call(ReadRequest{.segment = segment, .length = 12}));
  require(read.data == "from outside", "what is read is what was written");

  // The same in a frame of the caller's making.
  const std::string frame = encode_request(Request{{}, {}, {}, StatRequest{.segment = segment}});
  require(!value_of(client.exchange(frame, {}, true)).empty(), "a frame is answered by one");

  value_of(client.call(RemoveRequest{.segment = segment}));
  std::string told;
  while (told.find("removed") == std::string::npos) {
    const StreamItem item = value_of(events->next(Clock::now() + kPatience));
    told += std::string(name_of(std::get<StreamEvent>(item).event.kind)) + " ";
  }
  require(told == "created written removed ", "each change was told once: " + told);
}

}  // namespace

int main() {
  try {
    tell_the_story();
  } catch (const std::exception& error) {
    std::cerr << "consumer: " << error.what() << "\n";
    return 1;
  }
  std::cout << "consumer: done" << std::endl;
  return 0;
}
