#include "agent/watch/process_attachments.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

using Counts = ProcessAttachments::Counts;

TEST(ProcessAttachments, KnowWhatIsAttachedWhere) {
  ProcessAttachments attachments;
  attachments.attach(1, 0x1000, 7);
  attachments.attach(1, 0x2000, 8);
  EXPECT_EQ(attachments.at(1, 0x1000), 7);
  EXPECT_FALSE(attachments.at(2, 0x1000));
  EXPECT_EQ(attachments.detach(1, 0x1000), 7);
  EXPECT_FALSE(attachments.detach(1, 0x1000));
  EXPECT_TRUE(attachments.has_any(1));
  EXPECT_EQ(attachments.detach(1, 0x2000), 8);
  EXPECT_FALSE(attachments.has_any(1));
}

TEST(ProcessAttachments, AChildHasWhatItsParentHas) {
  ProcessAttachments attachments;
  attachments.attach(1, 0x1000, 7);
  attachments.attach(1, 0x2000, 7);
  attachments.attach(1, 0x3000, 8);
  EXPECT_EQ(attachments.fork(1, 2), (Counts{{7, 2}, {8, 1}}));
  attachments.detach(1, 0x1000);
  EXPECT_EQ(attachments.at(2, 0x1000), 7);
  EXPECT_EQ(attachments.fork(5, 6), Counts{});
}

TEST(ProcessAttachments, WhoLeavesHasNothingAnyMore) {
  ProcessAttachments attachments;
  attachments.attach(1, 0x1000, 7);
  EXPECT_EQ(attachments.leave(1), (Counts{{7, 1}}));
  EXPECT_EQ(attachments.leave(1), Counts{});
  EXPECT_TRUE(attachments.processes().empty());
}

}  // namespace
}  // namespace shmbus::agent
