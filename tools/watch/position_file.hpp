// The place in the agent's events up to which all has been told, kept in a file from one run to the next: "EPOCH SEQ"
// and a newline, in decimal.
#pragma once

#include <optional>
#include <string>

#include "protocol/client/event_stream.hpp"

namespace shmbus {

// What the file at `path` says; nothing if there is none. Errors: kBadRequest if it can't be read
// or says no position, else as OutputFile.
[[nodiscard]] Result<std::optional<StreamPosition>> load_position(const std::string& path);

// Replaces the file as a whole, see OutputFile: at any time, even after a crash of the host, it is the old or the new
// one. Errors: as OutputFile.
[[nodiscard]] Result<void> save_position(const std::string& path, const StreamPosition& position);

}  // namespace shmbus
