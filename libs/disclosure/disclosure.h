#ifndef SAMVERKAN_LIBS_DISCLOSURE_DISCLOSURE_H_
#define SAMVERKAN_LIBS_DISCLOSURE_DISCLOSURE_H_

#include <functional>
#include <map>
#include <set>
#include <string>

#include "google/protobuf/message.h"
#include "samverkan/data/v1/data.pb.h"

// What leaves of a message where some categories of data (samverkan.data.v1.category) may and
// others may not. Pure functions: any message of the contract, also one that was added later.
namespace samverkan::disclosure {

using Categories = std::set<data::v1::Category>;

// All categories that say something about a person, save `withheld`.
Categories AllBut(const Categories& withheld);

// Removes from `message` every field of a category that is not in `permitted`, and returns the
// categories of what it removed: nothing was there of the others.
//
// A category on a message field holds for all within; a field within that has one of its own
// needs both. NOT_PERSONAL is always permitted. Numbers, times and the like without any
// category stay. Removed whatever is permitted, because nobody can say what they hold: text
// without a category (CATEGORY_UNSPECIFIED in the answer), unknown fields, extensions and Any.
// It reads no free text.
Categories KeepOnly(const Categories& permitted, google::protobuf::Message& message);

// Whether a field may stay: asked of every field that holds something, of a message before the
// fields within it. `path` is where it stands, "submission.reporter.title", without the
// positions of repeated fields; `category` is CATEGORY_UNSPECIFIED where it has none.
using MayStay = std::function<bool(const std::string& path, data::v1::Category category)>;

// As KeepOnly, where more than the category decides. Returns the category of each field that was
// removed, by its path.
std::map<std::string, data::v1::Category> KeepFields(const MayStay& may_stay, google::protobuf::Message& message);

}  // namespace samverkan::disclosure

#endif  // SAMVERKAN_LIBS_DISCLOSURE_DISCLOSURE_H_
