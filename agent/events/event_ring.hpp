// A ring buffer with the last events, as they are encoded on the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// The bytes of all events share one buffer, which is allocated once. Each event is contiguous: one that does not fit at
// the end of the buffer begins at its start, and the oldest events are dropped to make room. An index by seq finds the
// events, so their numbers must have no holes. Single-threaded.
class EventRing {
 public:
  // One event, with the members that a replay selects by.
  struct Entry {
    Key key;
    ShmId shmid;
    std::size_t offset;  // of its bytes in the buffer
    std::size_t size;    // bytes
  };

  // Keeps at most `most_bytes` of events, but always the last one: reserve() enlarges the buffer for one that is
  // larger.
  explicit EventRing(std::size_t most_bytes);

  // Allocates the memory that one more event of `size` bytes needs, so that keep() cannot fail. Throws std::bad_alloc;
  // all events are then still kept.
  void reserve(std::size_t size);

  // Drops the oldest events until there is room, calling `dropped(seq, key)` for each, and adds the event. Returns the
  // place that the caller writes its `size` bytes to, valid until the next call. Requires a call of reserve(size) since
  // the last keep(). `seq` must be the one after the last event, unless the ring is empty.
  template <class Dropped>
  char* keep(std::uint64_t seq, Key key, ShmId shmid, std::size_t size, Dropped dropped) {
    while (!find_room(size)) {
      dropped(first_, at(first_).key);
      ++first_;
    }
    return put(seq, key, shmid, size);
  }

  // Drops all events.
  void clear() { first_ = end_; }

  [[nodiscard]] bool empty() const { return first_ == end_; }

  // Returns the seq of the oldest event. Requires: not empty.
  [[nodiscard]] std::uint64_t first() const { return first_; }

  // Returns the event `seq`, and the encoding of an event; both are valid until the next reserve() or keep(). Requires
  // that the event is kept.
  [[nodiscard]] const Entry& at(std::uint64_t seq) const { return entries_[seq % entries_.size()]; }
  [[nodiscard]] std::string_view bytes(const Entry& entry) const { return {&bytes_[entry.offset], entry.size}; }

 private:
  [[nodiscard]] bool find_room(std::size_t size);
  char* put(std::uint64_t seq, Key key, ShmId shmid, std::size_t size);

  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;  // NOLINT(modernize-avoid-c-arrays): not touched before it is used, unlike a vector's
  std::size_t next_ = 0;           // where the next event's bytes go
  std::vector<Entry> entries_;     // event seq is at seq % entries_.size()
  std::uint64_t first_ = 0;        // seq of the oldest event
  std::uint64_t end_ = 0;          // the seq after the last
};

}  // namespace shmbus::agent
