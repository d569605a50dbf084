// Handles the data that shmbus-send moves: takes it from a file, finds it in a reply and hashes it.
#pragma once

#include <optional>
#include <string>

#include "tools/send/options.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// The source of a write in pieces: the bytes that were read to find out that one request is not enough, then the rest
// of the file. Without `rest` the write needs one request only, with the data in options.values.
struct DataFile {
  std::string head;
  std::optional<InputFile> rest;
};

// Opens options.data_file, if set, and reads up to a byte more than one request holds (kMaxDataBytes). Data that fits,
// and all data of a write with --text, becomes options.values["data"] as if it had been typed; build_request() rejects
// a text that is too long. Larger data is returned for write_in_pieces(). Waits for a pipe. Errors: as InputFile.
[[nodiscard]] Result<DataFile> take_data_file(SendOptions& options);

// Returns whether a result of read holds the data. After a read in pieces it does not: the data is in the file.
[[nodiscard]] bool has_data(const Json& result);

// Returns the data in a result of read, base64 decoded; "" if it holds none.
[[nodiscard]] std::string data_in(const Json& result);

// Adds `xxh3_128`, the hash of the data in `request` (a write) or in `reply` (a read), to a successful reply. Does
// nothing without --hash, and after a transfer in pieces, which has added it already.
void add_hash(const SendOptions& options, const Json& request, Json& reply);

}  // namespace shmbus
