#include "protocol/client/bulk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/protocol/client/bulk_fixture.hpp"

namespace shmbus {
namespace {

using testing::HasSubstr;

TEST_F(BulkTest, FourPiecesAreInFlightAndComeOutInOrderHoweverTheyAreAnswered) {
  auto held = std::make_shared<Replies>();
  answer_moves_by([held](const DecodedRequest& /*request*/, int nth, Replies replies) {
    held->insert(held->begin(), std::move(replies.front()));
    const bool answers = nth == static_cast<int>(kBulkInFlight) || nth == static_cast<int>(kPieces);
    return answers ? std::exchange(*held, {}) : Replies{};
  });
  Client client = open();
  std::vector<std::uint64_t> told;
  const BulkOutcome outcome = read_all(
      client, whole(),
      [this](std::string_view bytes) {
        got += bytes;
        return Result<void>();
      },
      [&](std::uint64_t bytes, std::optional<std::uint64_t> of) {
        EXPECT_EQ(of, kSize);
        told.push_back(bytes);
      });
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.bytes, kSize);
  EXPECT_EQ(outcome.shm_segsz, kSize);
  EXPECT_TRUE(got == now().bytes);
  EXPECT_EQ(told.size(), kPieces);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(now().moves, static_cast<int>(kPieces));
  EXPECT_EQ(now().attached, 1);
  EXPECT_EQ(now().detached, 1);
}

TEST_F(BulkTest, ARangeIsReadAsFarAsItGoes) {
  Client client = open();
  BulkRange range = whole();
  range.offset = kSize - 10;
  range.length = 100;
  EXPECT_EQ(read(client, range).bytes, 10U);
  EXPECT_EQ(got, now().bytes.substr(kSize - 10));
  range.offset = kSize + 1;
  EXPECT_EQ(read(client, range).error->code, ErrorCode::kOutOfRange);
  EXPECT_EQ(now().detached, 2);
}

TEST_F(BulkTest, WhatIsWrittenIsThere) {
  Client client = open();
  const std::string bytes(kSize - 1, 'w');
  BulkRange range = whole();
  range.offset = 1;
  for (const std::optional<std::uint64_t> length : {std::optional<std::uint64_t>(), std::optional(bytes.size())}) {
    range.length = length;
    const BulkOutcome outcome = write(client, bytes, range);
    ASSERT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.bytes, bytes.size());
    EXPECT_TRUE(std::string_view(now().bytes).substr(1) == bytes);
    EXPECT_NE(now().bytes[0], 'w');
  }
}

TEST_F(BulkTest, AnAttachmentOfTheCallersIsUsedAndKept) {
  Client client = open();
  BulkRange range;
  range.attachment = kAttachment;
  EXPECT_EQ(read(client, range).bytes, kSize);
  EXPECT_TRUE(got == now().bytes);
  EXPECT_EQ(now().attached + now().detached, 0);
}

TEST_F(BulkTest, WhatDoesNotFitChangesNothingIfThatIsKnownAhead) {
  Client client = open();
  BulkRange range = whole();
  range.offset = 1;
  range.length = kSize;
  const BulkOutcome known = write(client, std::string(kSize, 'w'), range);
  EXPECT_EQ(known.error->code, ErrorCode::kOutOfRange);
  EXPECT_EQ(known.bytes + known.uncertain, 0U);
  EXPECT_EQ(now().moves, 0);
  EXPECT_EQ(now().detached, 1);
  const BulkOutcome unknown = write(client, std::string(kSize + 1, 'w'));
  EXPECT_EQ(unknown.error->code, ErrorCode::kOutOfRange);
  EXPECT_EQ(unknown.bytes, kSize) << "and it says so";
  EXPECT_THAT(unknown.error->message, HasSubstr(std::to_string(kSize) + " bytes were written"));
}

TEST_F(BulkTest, DataThatEndsEarlyIsNoSuccess) {
  Client client = open();
  BulkRange range = whole();
  range.length = kSize;
  const BulkOutcome outcome = write(client, std::string(kSize - 1, 'w'), range);
  EXPECT_EQ(outcome.error->code, ErrorCode::kBadRequest);
  EXPECT_THAT(outcome.error->message, HasSubstr("ended early"));
}

TEST_F(BulkTest, ALostReplyIsAskedForAgain) {
  answer_moves_by([](const DecodedRequest& /*request*/, int nth, Replies replies) {
    return nth == 2 ? Replies{} : std::move(replies);
  });
  Client client = open(milliseconds(6000));  // the other replies come within a third of it on a slow machine, too
  EXPECT_FALSE(read(client).error);
  EXPECT_TRUE(got == now().bytes);
  EXPECT_GT(now().moves, static_cast<int>(kPieces));
}

TEST_F(BulkTest, AnAgentThatFallsSilentEndsItAndItSaysHowFarItGot) {
  answer_moves_by([](const DecodedRequest& /*request*/, int nth, Replies replies) {
    return nth > 2 ? Replies{} : std::move(replies);
  });
  Client client = open(kShort);
  const BulkOutcome outcome = write(client, std::string(kSize, 'w'));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kNoAnswer);
  EXPECT_EQ(outcome.bytes, 2 * kBulkPieceBytes);
  EXPECT_EQ(outcome.uncertain, kSize - 2 * kBulkPieceBytes);
  EXPECT_THAT(outcome.error->message, HasSubstr(std::to_string(outcome.bytes) + " bytes were written, the next " +
                                                std::to_string(outcome.uncertain) + " may be"));
}

TEST_F(BulkTest, AFailureInTheMiddleSaysHowFarItGot) {
  answer_moves_by([](const DecodedRequest& request, int nth, Replies replies) {
    return nth == 3 ? Replies{reply_to(request, Error{ErrorCode::kNoMemory, "no page"}, kEpoch)} : std::move(replies);
  });
  Client client = open();
  const BulkOutcome outcome = write(client, std::string(kSize, 'w'));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kNoMemory);
  EXPECT_EQ(outcome.bytes, 2 * kBulkPieceBytes);
  EXPECT_EQ(now().detached, 1);
  EXPECT_TRUE(client.call(PingRequest{})) << "the client is as good as new";
}

TEST_F(BulkTest, AnInterruptEndsItAndWhatWasWrittenIsKnown) {
  answer_moves_by([this](const DecodedRequest& /*request*/, int nth, Replies replies) {
    if (nth == static_cast<int>(kBulkInFlight)) {
      interrupt.raise();
    }
    return replies;
  });
  Client client = open();
  const BulkOutcome outcome = write(client, std::string(kSize, 'w'));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kInterrupted);
  EXPECT_EQ(outcome.uncertain, 0U);
  EXPECT_EQ(outcome.bytes, std::min<std::uint64_t>(kSize, static_cast<std::uint64_t>(now().moves) * kBulkPieceBytes));
  EXPECT_EQ(now().detached, 1);
  interrupt.lower();
  EXPECT_TRUE(client.call(PingRequest{}));
}

TEST_F(BulkTest, ABusyAgentIsAskedAgain) {
  answer_moves_by([](const DecodedRequest& request, int nth, Replies replies) {
    return nth == 3 ? Replies{reply_to(request, Error{ErrorCode::kBusy, "too much"}, kEpoch)} : std::move(replies);
  });
  Client client = open();
  EXPECT_FALSE(read(client).error);
  EXPECT_TRUE(got == now().bytes);
}

TEST_F(BulkTest, AnAttachmentThatIsGoneIsMadeAnewAsLongAsItIsTheSameSegment) {
  const auto lose_at_third = [this](ShmId next) {
    answer_moves_by([segment = segment, next](const DecodedRequest& request, int nth, Replies replies) {
      if (nth != 3) {
        return replies;
      }
      ++segment->attachment;
      segment->shmid = next;
      segment->bytes.resize(kSize - (next == 3 ? 0 : 1));
      return serve(*segment, request);
    });
  };
  lose_at_third(3);
  Client client = open();
  const BulkOutcome outcome = write(client, std::string(kSize, 'w'));
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(now().bytes, std::string(kSize, 'w'));
  EXPECT_EQ(now().attached, 2);
  agent.do_in_thread([this] { segment->moves = 0; });
  lose_at_third(4);
  const BulkOutcome other = write(client, std::string(kSize, 'x'));
  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->code, ErrorCode::kNotFound);
  EXPECT_EQ(other.bytes, 2 * kBulkPieceBytes);
}

TEST_F(BulkTest, WhatTheSinkSaysEndsIt) {
  Client client = open();
  const BulkOutcome outcome = read_all(client, whole(), [](std::string_view /*bytes*/) -> Result<void> {
    return Error{ErrorCode::kInternal, "the disk is full"};
  });
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.bytes, 0U);
  EXPECT_THAT(outcome.error->message, HasSubstr("the disk is full; 0 of " + std::to_string(kSize)));
  EXPECT_TRUE(client.call(PingRequest{}));
}

}  // namespace
}  // namespace shmbus
