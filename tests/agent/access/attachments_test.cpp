#include "agent/access/attachments.hpp"

#include <gtest/gtest.h>

#include "tests/support/start_time.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::milliseconds;

HeldAttachment held_by(const std::string& principal, ShmId shmid = 1, milliseconds lease = milliseconds(100)) {
  HeldAttachment held;
  held.holder.principal = principal;
  held.shmid = shmid;
  held.lease = lease;
  return held;
}

Limits small_limits(std::size_t all, std::size_t each) {
  Limits limits;
  limits.attachments = all;
  limits.attachments_per_principal = each;
  return limits;
}

TEST(Attachments, ALeaseHoldsUntilItsDeadlineAndNoLonger) {
  Attachments attachments{Limits{}};
  const AttachmentId id = attachments.add(held_by("uid:1"), kStart).id;
  EXPECT_EQ(attachments.next_deadline(), kStart + milliseconds(100));
  EXPECT_TRUE(attachments.release_expired(kStart + milliseconds(99)).empty());
  const auto expired = attachments.release_expired(kStart + milliseconds(100));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired.front().id, id);
  EXPECT_EQ(attachments.size(), 0U);
  EXPECT_EQ(attachments.next_deadline(), std::nullopt);
  EXPECT_EQ(attachments.use(id, "uid:1", kStart).error().code, ErrorCode::kNotFound);
}

TEST(Attachments, EachUseRenewsTheLease) {
  Attachments attachments{Limits{}};
  const AttachmentId id = attachments.add(held_by("uid:1"), kStart).id;
  ASSERT_TRUE(attachments.use(id, "uid:1", kStart + milliseconds(60)));
  EXPECT_LE(attachments.next_deadline().value(), kStart + milliseconds(160));
  EXPECT_TRUE(attachments.release_expired(kStart + milliseconds(159)).empty());
  EXPECT_EQ(attachments.next_deadline(), kStart + milliseconds(160));
  EXPECT_EQ(attachments.release_expired(kStart + milliseconds(160)).size(), 1U);
}

TEST(Attachments, WhatIsReleasedAfterAUseLeavesNoDeadline) {
  Attachments attachments{Limits{}};
  const AttachmentId id = attachments.add(held_by("uid:1"), kStart).id;
  ASSERT_TRUE(attachments.use(id, "uid:1", kStart + milliseconds(60)));
  EXPECT_TRUE(attachments.release(id));
  EXPECT_EQ(attachments.next_deadline(), std::nullopt);
}

TEST(Attachments, ALeaseThatExpiredIsNotRevivedByALateUse) {
  Attachments attachments{Limits{}};
  const AttachmentId id = attachments.add(held_by("uid:1"), kStart).id;
  EXPECT_EQ(attachments.use(id, "uid:1", kStart + milliseconds(100)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(attachments.release_expired(kStart + milliseconds(100)).size(), 1U);
}

TEST(Attachments, OnlyWhatExpiredIsReleasedAndTheNearestDeadlineIsNext) {
  Attachments attachments{Limits{}};
  attachments.add(held_by("uid:1", 1, milliseconds(300)), kStart);
  attachments.add(held_by("uid:1", 2, milliseconds(100)), kStart);
  attachments.add(held_by("uid:2", 3, milliseconds(200)), kStart);
  EXPECT_EQ(attachments.next_deadline(), kStart + milliseconds(100));
  const auto expired = attachments.release_expired(kStart + milliseconds(200));
  ASSERT_EQ(expired.size(), 2U);
  EXPECT_EQ(expired[0].shmid, 2);
  EXPECT_EQ(expired[1].shmid, 3);
  EXPECT_EQ(attachments.next_deadline(), kStart + milliseconds(300));
}

TEST(Attachments, AnotherPrincipalNeitherFindsNorRenewsAnAttachment) {
  Attachments attachments{Limits{}};
  const AttachmentId id = attachments.add(held_by("uid:1"), kStart).id;
  EXPECT_EQ(attachments.use(id, "uid:2", kStart + milliseconds(50)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(attachments.release_expired(kStart + milliseconds(100)).size(), 1U);
}

TEST(Attachments, ReleasingASegmentTakesTheCallersOwnAttachmentsToItAlone) {
  Attachments attachments{Limits{}};
  attachments.add(held_by("uid:1", 7), kStart);
  attachments.add(held_by("uid:1", 7), kStart);
  attachments.add(held_by("uid:1", 8), kStart);
  attachments.add(held_by("uid:2", 7), kStart);
  EXPECT_EQ(attachments.release_segment(7, "uid:1").size(), 2U);
  EXPECT_TRUE(attachments.release_segment(7, "uid:1").empty());
  EXPECT_EQ(attachments.size(), 2U);
  EXPECT_EQ(attachments.release_all().size(), 2U);
  EXPECT_EQ(attachments.size(), 0U);
}

TEST(Attachments, APrincipalAtItsLimitIsToldSoAndTheOthersAreNot) {
  Attachments attachments(small_limits(10, 2));
  const AttachmentId first = attachments.add(held_by("uid:1"), kStart).id;
  attachments.add(held_by("uid:1"), kStart);
  const Result<void> room = attachments.has_room("uid:1");
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(room.error().message.find("2 of at most 2"), std::string::npos) << room.error().message;
  EXPECT_NE(room.error().hint.find("--max-attachments-per-principal"), std::string::npos);
  EXPECT_TRUE(attachments.has_room("uid:2"));
  EXPECT_TRUE(attachments.release(first));
  EXPECT_TRUE(attachments.has_room("uid:1"));
}

TEST(Attachments, TheLimitOfAllHoldsForEveryone) {
  Attachments attachments(small_limits(2, 2));
  attachments.add(held_by("uid:1"), kStart);
  attachments.add(held_by("uid:2"), kStart);
  const Result<void> room = attachments.has_room("uid:3");
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(room.error().hint.find("--max-attachments"), std::string::npos);
}

TEST(Attachments, IdsAreDistinctAndExactInADouble) {
  Attachments attachments{Limits{}};
  const AttachmentId first = attachments.add(held_by("uid:1"), kStart).id;
  const AttachmentId second = attachments.add(held_by("uid:1"), kStart).id;
  EXPECT_NE(first, second);
  EXPECT_LT(first, AttachmentId{1} << 53);
  EXPECT_FALSE(attachments.release(first + second));
}

}  // namespace
}  // namespace shmbus::agent
