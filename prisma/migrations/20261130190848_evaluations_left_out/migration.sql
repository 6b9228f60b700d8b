-- AlterTable
ALTER TABLE "alert_evaluations" ADD COLUMN     "left_out" INTEGER;
