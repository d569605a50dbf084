// Reports on stderr about the watch itself: gaps, recovered events and failed commands. Each note is one line, written
// at once so that output of other processes does not split it.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/client/event_stream.hpp"
#include "tools/shared/json.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {

// Writes notes in the form of the tool's other output: as a line of text, or with kJson as {"notice":NAME,…}, where
// NAME is resync, recovered, missed or command. Holds no state; for one thread.
class Notes {
 public:
  explicit Notes(OutputForm form) : form_(form) {}

  // Reports that events were lost for good, why, and how many segments the new snapshot has.
  void resync(const Resync& resync) const;

  // Reports that `count` events were lost on the way and fetched again.
  void recovered(std::uint64_t count) const;

  // Reports a `missed` event that the filters exclude: the changes that the agent missed may include some that they
  // would have passed.
  void missed(const Json& event) const;

  // Reports that the command of --exec for event `seq` ended with `status`, a CommandStatus other than 0.
  void command_failed(std::uint64_t seq, int status) const;

 private:
  void tell(const Json& document, const std::string& text) const;

  const OutputForm form_;
};

}  // namespace shmbus
