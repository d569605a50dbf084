// What happens to the watching itself: lines on stderr, each in one write so that it stays whole.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/client/event_stream.hpp"
#include "tools/shared/json.hpp"
#include "tools/shared/report.hpp"

namespace shmbus {

// Tells in the form that was asked for: with kJson {"notice":NAME,…}.
class Notes {
 public:
  explicit Notes(OutputForm form) : form_(form) {}

  void resync(const Resync& resync) const;
  void recovered(std::uint64_t count) const;                 // events lost on the way and fetched again
  void missed(const Json& event) const;                      // that --event, --shmid left out
  void command_failed(std::uint64_t seq, int status) const;  // of --exec, for the event `seq`

 private:
  void tell(const Json& document, const std::string& text) const;

  const OutputForm form_;
};

}  // namespace shmbus
