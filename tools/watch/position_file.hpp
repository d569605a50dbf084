// The file of --since-file, which carries a position in the agent's events from one run to the next: every event up to
// it was delivered. Its content is "EPOCH SEQ" in decimal and a newline. In both functions "-" is a file of that name.
#pragma once

#include <optional>
#include <string>

#include "protocol/client/event_stream.hpp"

namespace shmbus {

// Returns the position in the file at `path`, nothing if there is no such file. Checks first that the file can be
// replaced, so that a run does not fail at its first save. Errors: kBadRequest if the file cannot be read or holds no
// position, else as OutputFile.
[[nodiscard]] Result<std::optional<StreamPosition>> load_position(const std::string& path);

// Creates the file or replaces it as a whole, with mode 0600. A reader finds the old position or the new one, even
// after a crash of the host; see OutputFile. Errors: as OutputFile.
[[nodiscard]] Result<void> save_position(const std::string& path, const StreamPosition& position);

}  // namespace shmbus
