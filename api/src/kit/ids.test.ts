import fc from 'fast-check'
import { TypeID } from 'typeid-js'
import { expect, test } from 'vitest'
import { newId, publicId, tryUuid } from './ids.ts'

test('a public id is the TypeID of its UUID and decodes to it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uuid(), fc.constant('00000000-0000-0000-0000-000000000000')), (uuid) => {
      const id = publicId('evt', uuid)
      expect(id).toBe(TypeID.fromUUID('evt', uuid).toString())
      expect(publicId('evt', uuid.toUpperCase())).toBe(id)
      expect(tryUuid('evt', id)).toBe(uuid)
    }),
  )
  // The specification's own example.
  expect(publicId('evt', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('evt_01h455vb4pex5vsknk084sn02q')
})

test('ids of one process are ascending', () => {
  const ids = Array.from({ length: 1_000 }, () => publicId('evt', newId()))
  expect(ids.toSorted()).toEqual(ids)
})
