#include "tools/send/keygen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "protocol/client/security/curve.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tools/shared/input_file.hpp"

namespace shmbus {
namespace {

using testing::HasSubstr;
using testing::Not;

class Keygen : public testing::Test {
 protected:
  Keygen() : umask_(::umask(0)) {}
  ~Keygen() override { ::umask(umask_); }

  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }
  Error refusal(const std::string& name) {
    const Result<KeyFiles> files = make_key_files(name, directory.path());
    return files ? Error{.message = "made"} : files.error();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory.path()), std::filesystem::directory_iterator()));
  }

  const TemporaryDirectory directory;

 private:
  const mode_t umask_;
};

TEST_F(Keygen, MakesAPairOfWhichOneFileHasThePublicKeyAlone) {
  for (const mode_t mask : {0U, 0022U, 0077U, 0777U}) {
    ::umask(mask);
    const std::string name = "ada." + std::to_string(mask);
    const Result<KeyFiles> made = make_key_files(name, directory.path() + "/");
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->secret_path, directory.file(name + ".secret"));
    EXPECT_EQ(made->public_path, directory.file(name + ".key"));
    EXPECT_EQ(mode_of(made->secret_path), 0600U);
    EXPECT_EQ(mode_of(made->public_path), 0600U);
    const Result<CurvePair> pair = read_curve_pair(made->secret_path);
    ASSERT_TRUE(pair) << pair.error().message;
    EXPECT_EQ(pair->public_key, made->public_key);
    EXPECT_EQ(*read_curve_server(made->public_path), made->public_key);
    EXPECT_THAT(*read_file(made->public_path, 1000), Not(HasSubstr(pair->secret_key)));
  }
}

TEST_F(Keygen, OverwritesNothingAndLeavesNothingHalfDone) {
  ASSERT_TRUE(make_key_files("ada", directory.path()));
  const std::string before = *read_file(directory.file("ada.secret"), 1000);
  EXPECT_EQ(refusal("ada").code, ErrorCode::kExists);
  EXPECT_EQ(*read_file(directory.file("ada.secret"), 1000), before);

  std::filesystem::remove(directory.file("ada.secret"));
  EXPECT_THAT(refusal("ada").message, HasSubstr("ada.key"));
  EXPECT_EQ(files(), 1U) << "the public key that was there";

  std::filesystem::create_symlink(directory.file("elsewhere"), directory.file("bob.key"));
  EXPECT_EQ(refusal("bob").code, ErrorCode::kExists);
  EXPECT_EQ(files(), 2U) << "and the link";
}

TEST_F(Keygen, NeedsANameAndADirectory) {
  for (const std::string& name : {std::string(), std::string("../ada"), std::string("a b"), std::string(65, 'x')}) {
    EXPECT_EQ(refusal(name).code, ErrorCode::kBadRequest) << name;
  }
  EXPECT_EQ(make_key_files("ada", directory.file("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(files(), 0U);
}

// RLIMIT_FSIZE stands for a full disk: the child may write 100 bytes to a file, the pair needs more.
TEST_F(Keygen, ThatCanNotWriteAllLeavesNoFile) {
  const auto write_with_little_room = [this] {
    const rlimit little{100, 100};
    ::setrlimit(RLIMIT_FSIZE, &little);
    ::signal(SIGXFSZ, SIG_IGN);
    ::_exit(refusal("ada").code == ErrorCode::kInternal ? 0 : 1);
  };
  EXPECT_EXIT(write_with_little_room(), testing::ExitedWithCode(0), "");
  EXPECT_EQ(files(), 0U);
}

}  // namespace
}  // namespace shmbus
