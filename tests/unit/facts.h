/* SPDX-License-Identifier: MIT */
/*
 * Facts that tests compare with: events, signatures and payloads made with two keys that
 * are the SHA-256 of "loom unit test 1" and "... 2", by an implementation in another
 * language that shares nothing with this code base.
 */
#ifndef LOOM_TESTS_UNIT_FACTS_H
#define LOOM_TESTS_UNIT_FACTS_H

/* clang-format off */

#define FACT_KEY1 "090725eb710a78eba6350fc8252f0c4852abe03e2e4a0a37efb0bbfc7f9f84b1"
#define FACT_PUB1 "941528c133ad85e1667b3c5396fe176ef5a085f3e9a72701d1fcd74a88fff054"
#define FACT_KEY2 "1d47ad91c116863f5fe87ccbb34d25af2c19027082311e65611942b2ac58fbee"
#define FACT_PUB2 "82adadf7d6932a93046283f1537ae4dfcd9e899707021008dc598331ab5d34c0"
/* x coordinate of the point that the two share, and the NIP-44 key from it */
#define FACT_SHARED "6c6028b2604ff376734f9605d9f4bfb88061310dfd1063653a74cb3f7d482699"
#define FACT_CONVERSATION "7089f9092056b34eac90a62707d028e7849a3a8ccaced02536efa36208e740e8"

/* of 32 bytes 0x11 by key 1, auxiliary randomness all zero */
#define FACT_SIG1 \
	"0d5052841ea039e6837a69bc83d585e18efc9c1e3d3a7a9551173537f653e9b6" \
	"bff1d5fadec7fd0ad41ae21901bbd63196746a2d101cd018cba5459a711119c3"

#define FACT_EVENT_PLAIN \
	"{\"id\":\"891440638b5d6158c12ab88d213ff26601bd4b52e21b0e4c877157" \
	"d143820a2d\",\"pubkey\":\"941528c133ad85e1667b3c5396fe176ef5a085" \
	"f3e9a72701d1fcd74a88fff054\",\"created_at\":1790000000,\"kind\":" \
	"1,\"tags\":[],\"content\":\"hello\",\"sig\":\"b63dd380b5a21682c9" \
	"663ddc5c196548a2e50e85a23373e41f4185b39a8b14445f191af201854d0253" \
	"dee697a48c33adade99a866716c5c9d10646bb727923be\"}"

/* a tag without values, a tag without a value, time and kind 0 */
#define FACT_EVENT_EMPTY_TAGS \
	"{\"id\":\"6a6c54ebdd9475f43987634b28211486851de389bbed5e2591e5b7" \
	"d4aa1ef4a2\",\"pubkey\":\"941528c133ad85e1667b3c5396fe176ef5a085" \
	"f3e9a72701d1fcd74a88fff054\",\"created_at\":0,\"kind\":0,\"tags" \
	"\":[[],[\"e\"],[\"t\",\"\",\"x\"]],\"content\":\"\",\"sig\":\"09" \
	"fcf5de81f2e1400985caf8bf945d6e71362cbbc5156bf8ec36e89d5c82f71518" \
	"df7b3fef19498c2006159f5a550f30aeb6b2d63369d920f59fed7c6c52893a\"" \
	"}"

/* every escape, NUL, DEL, U+2028, a character of four bytes, the latest time */
#define FACT_EVENT_ESCAPES \
	"{\"id\":\"4cacd3a5ce519a4a172d31ecea53c4d027fc4049dd17cca377f4db" \
	"38706b8c07\",\"pubkey\":\"82adadf7d6932a93046283f1537ae4dfcd9e89" \
	"9707021008dc598331ab5d34c0\",\"created_at\":9007199254740991,\"k" \
	"ind\":65535,\"tags\":[[\"p\",\"a\\\"b\\\\c\"],[\"d\",\"\\u0000\\" \
	"u001f\177\"]],\"content\":\"\\n\\\"\\\\\\r\\t\\b\\f\\u0000\\u000" \
	"1/\303\251\342\200\250\360\237\222\251\",\"sig\":\"eea20b6e78e81" \
	"718fcd3c0695ea657841e8503beb2920d5d5a96c3d146644e2eea563cb337346" \
	"d4509659d72472748a056972c638b03d32cda83b63197cba285\"}"

/* a job request of key 2 to key 1 */
#define FACT_EVENT_JOB \
	"{\"id\":\"ebbc326a68b34538544a4e68f24556950df277379a62523fcff164" \
	"7e64e70141\",\"pubkey\":\"82adadf7d6932a93046283f1537ae4dfcd9e89" \
	"9707021008dc598331ab5d34c0\",\"created_at\":1790000001,\"kind\":" \
	"5100,\"tags\":[[\"p\",\"941528c133ad85e1667b3c5396fe176ef5a085f3" \
	"e9a72701d1fcd74a88fff054\"],[\"cmd\",\"sh\",\"-c\",\"echo hi\"]," \
	"[\"t\",\"a\"],[\"t\",\"b\"]],\"content\":\"in\",\"sig\":\"42ca3d" \
	"ca139be8d094b754d0cf3a1d7f6973a538cb0d5988dc9ce76b2e43e276338480" \
	"c386bc47b14c3e7857acafa61c062917708d2f25ec979674b35941076c\"}"

#define FACT_NONCE "203e51d2db6f5c8d8c9650a5315ae4bf883ccdc99ce86f0e867664c1cddfb3fa"
/* "open sesame", encrypted between the two keys */
#define FACT_PAYLOAD \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NJmpX6kBFrmOfjy7C5t" \
	"Qz6iD8EAUszR3OMS34AUtShHAr69lPz3i+5QeMZxJk3Oqx4R/fXsh48JfUt13ELg" \
	"k9CX"

/* the same key and nonce, each broken in one way, with a right MAC */
#define FACT_PAYLOAD_NUL_LENGTH \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NkJ1RvKJCmDSpmfiS5t" \
	"Qz6iD8EAUszR3OMS34AUtShHAjowR9xmIn52gBaq20Mw0xRKbxBb+ZKwtteqgJ8H" \
	"s/g5"

#define FACT_PAYLOAD_LONG_FORM_SMALL \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NkJ1RvBS1nmJLns7F0M" \
	"LluiD8EAUszR3OMS34AUtShHAsjJUWNd+YyfyAaG4tGTBSoXe0us1tdDdbFgM8jJ" \
	"wEB+907B8A=="

#define FACT_PAYLOAD_PADDED_TOO_FAR \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NJmpX6kBFrmOfjy7C5t" \
	"Qz6iD8EAUszR3OMS34AUtShHAsjJUWNsXiZBheJSC/bv6URt20Kq9koEI9DE/FIO" \
	"6FArKygPqwgFBCuIReXU7PDZFc0BljX24KaMKywfI2oPhyg="

#define FACT_PAYLOAD_LENGTH_TOO_LARGE \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68PhmpX6kBFrmOfjy7C5t" \
	"Qz6iD8EAUszR3OMS34AUtShHAknocAedFGB5vhKrHtXQxYD79cphFyzGCNT/bnO7" \
	"mZ10"

#define FACT_PAYLOAD_NOT_UTF8 \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NRmpX6kBNajOfzs6EMI" \
	"Qz6iD8EAUszR3OMS34AUtShHArnDNQaTvuoMKZjA0amI7i05QHoq7pO1wDFUuihC" \
	"gM0m"

#define FACT_PAYLOAD_ODD_PADDING \
	"AiA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NJmpX6kBFrmOfjy7Clq" \
	"RDmlCMYHVcvW2+QV2IcTsi9ABe1wngCe4mP1UNBne8Nj54R0QNp8qfsgs9mQUxHK" \
	"d/Fy"

#define FACT_PAYLOAD_VERSION_3 \
	"AyA+UdLbb1yNjJZQpTFa5L+IPM3JnOhvDoZ2ZMHN37P68NJmpX6kBFrmOfjy7C5t" \
	"Qz6iD8EAUszR3OMS34AUtShHAr69lPz3i+5QeMZxJk3Oqx4R/fXsh48JfUt13ELg" \
	"k9CX"

/* SHA-256 of the payloads of n letters a with the same key and nonce */
#define FACT_LONG_PAYLOADS \
	{1, 132, "0d2d61b61cff968fcb5b6d1562557829a4263ce89b6c28a5adbb03d489febf08"}, \
	{32, 132, "158ff145c8b9c33b3cd5819981118f068e47de5d8d8db598f5673cdd344b1af4"}, \
	{33, 176, "389cf35946e3ef4377b321511cc940cc57679cc6dcc2a1e12c8a94dbb7b63260"}, \
	{256, 432, "2a18591d6b3404ec42666c453797c9fc2180488f2f4a102592567a3581222906"}, \
	{257, 516, "aa86aad688f5ebb4b0f88d1df576e0f13b8c74d44a941c0a45a3e2238907fed5"}, \
	{1024, 1456, "adc4427d8863f6b9cdbe0e786ef42b002d650ae13105cde8d25d284755047a11"}, \
	{1025, 1796, "46d195f37b8db5d9770b27e8478ee4c08b2a6e26a893c1f07477111e4c26a4e6"}, \
	{40000, 54704, "d2b4af8f6f062c3940f2a1099be8749e2069708241b1ee6c05f5a980d1ca5325"}, \
	{65535, 87472, "548dc7f2bc8d61faa6fb854ae8c8a80722b59c2002638d7e99b614d7873ac302"}, \
	{65536, 87476, "a9669ceb4c15fae6a8601168e693556c92ee5c27dfdd36c1aba5f203c1ec366d"}, \
	{65537, 109324, "040cd5e6671e67951f77e26ba6dbd25014c4857dc00749bff6d9d16f44146695"}, \
	{81920, 109324, "ccb2f3aea286afd0bf728b29b2f1047dff33019939ce51cb193c70274336a76e"}, \
	{98000, 131168, "5b90fbf19797e2c2593ffadf8cbc2c212d9b5a66940be1282048e1308e1a518c"},

/* clang-format on */

#endif
